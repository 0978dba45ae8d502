import Bytes
import E2EE
import HTTP
import Logging
import Reactor

// How a model's key is asked for, verified, and given to those who wait for it.

extension ProxyServer where System: ~Copyable {
    /// Asks the provider for evidence of `model`'s enclave.
    mutating func attest(_ model: String, on loop: inout EventLoop<System>) {
        if let rest = enclaves.restSeconds(at: loop.now) {
            let error = APIError(
                503, .attestation, "attestation_paused",
                "The provider failed too often; it is asked again in \(rest) s.", retryAfter: rest)
            return giveUp(on: model, error, of: &loop)
        }
        do throws(E2EEError) {
            let nonce = try AttestationNonce(from: &entropy)
            enclaves.began(model)
            let request = provider.attestation(of: model, nonce: nonce)
            send(request, for: .attestation(model: model, nonce: nonce), on: &loop)
        } catch {
            giveUp(on: model, APIError(error), of: &loop)
        }
    }

    /// The provider has answered with evidence, or with something else.
    mutating func attested(
        _ reply: consuming ProviderReply, _ model: String, _ nonce: AttestationNonce,
        on loop: inout EventLoop<System>
    ) {
        guard reply.status == 200 else {
            let error = APIError(attestationStatus: reply.status, retryAfter: reply.retryAfter)
            let isPassing = reply.status == 429 || reply.status >= 500
            return attestationFailed(
                model, error, retryAfter: reply.retryAfter, isPassing: isPassing, on: &loop)
        }
        read(reply, of: model, nonce: nonce, on: &loop)
    }

    /// Says what was proven, and what was not looked at.
    func reportVerified(_ key: VerifiedKey, _ report: AttestationReport) {
        let passed = report.checks.filter { $0.outcome == .passed }.map(\.name)
        let failed = report.checks.filter(\.isFailed).map(\.name)
        let open = report.checks.filter { $0.outcome != .passed && !$0.isFailed }.map(\.name)
        if !failed.isEmpty {
            log.warning(
                "checks failed that refuse nothing at this scope",
                metadata: ["model": "\(key.model)", "failed": "\(failed.joined(separator: ", "))"])
        }
        log.notice(
            "attestation accepted",
            metadata: [
                "model": "\(key.model)",
                "address": "0x\(key.key.address.hex)",
                "passed": "\(passed.joined(separator: ", "))",
                "not checked": "\(open.joined(separator: ", "))",
                "tcb": "\(report.quote?.status?.rawValue ?? "-")",
                "scope": "\(key.scope.name)",
                "expires": "\(WallClock(seconds: key.expiresAt))",
            ])
        for warning in report.warnings {
            log.warning(
                "\(warning.message)",
                metadata: ["model": "\(key.model)", "warning": "\(warning.name)"])
        }
    }

    /// The provider could not be asked. Faults that pass are tried again a little later.
    mutating func attestationFailed(
        _ model: String, _ error: APIError, retryAfter: Int?, isPassing: Bool,
        on loop: inout EventLoop<System>
    ) {
        // A refusal is an answer: it says nothing about the provider's health.
        guard isPassing else { return giveUp(on: model, error, of: &loop) }
        let delay = enclaves.providerFailed(model, at: loop.now, retryAfter: retryAfter)
        guard !isDraining, let delay else { return giveUp(on: model, error, of: &loop) }
        log.warning(
            "attestation will be tried again",
            metadata: ["model": "\(model)", "reason": "\(error.code)"])
        let timer = loop.makeTimer(at: loop.now + delay)
        timers.insert(.retryAttestation(model: model), at: timer)
    }

    mutating func giveUp(
        on model: String, _ error: APIError, of loop: inout EventLoop<System>
    ) {
        tell(model, error)
        for waiter in enclaves.failed(model, with: error, at: loop.now) where isCurrent(waiter) {
            fail(waiter.client, with: error, on: &loop)
            readOn(waiter.client, on: &loop)
        }
    }
}

extension APIError {
    /// A status the provider answered with instead of evidence.
    init(attestationStatus status: Int, retryAfter: Int?) {
        self.init(providerStatus: status, retryAfter: retryAfter)
        guard self.status == 502 || self.status == 400 || self.status == 422 else { return }
        self = APIError(
            502, .attestation, "attestation_unavailable",
            "The provider gave no evidence for this model (status \(status)). Nothing was sent.",
            forbidsRetry: true)
    }
}
