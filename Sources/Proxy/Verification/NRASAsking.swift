import Bytes
import E2EE
import Logging
import Reactor

/// NVIDIA's attestation service, as far as the proxy has heard of it.
struct NRASState {
    /// How long it may take: evidence does not wait longer for it.
    static let timeout = Duration.seconds(10)
    /// How long its keys are used.
    private static let keysLife = Duration.seconds(12 * 3600)

    private var keys: [UInt8]?
    private var keysEnd = Instant(nanoseconds: 0)
    var isFetchingKeys = false

    mutating func take(_ keys: [UInt8], at now: Instant) {
        self.keys = keys
        keysEnd = now + Self.keysLife
        isFetchingKeys = false
    }

    func keys(at now: Instant) -> [UInt8]? { now < keysEnd ? keys : nil }

    /// A token names a key that is not among them: they have changed.
    mutating func forgetKeys() { keys = nil }
}

/// What one verification has heard of the service.
enum NRASProgress: Sendable {
    /// It is not asked.
    case settled(NRASAnswer)
    /// The answer, once it is there, waits for the service's keys.
    case asked(response: [UInt8]?)
}

extension ProxyServer where System: ~Copyable {
    /// Asks what NVIDIA says of the GPUs in `model`'s evidence. What leaves is the evidence itself:
    /// nothing of the user's.
    mutating func askNRAS(about model: String, on loop: inout EventLoop<System>) {
        guard configuration.verification == .full, configuration.nras != .off,
            let payload = verifications[model]?.reading.evidence.gpuPayloadText
        else { return }
        verifications[model]?.nras = .asked(response: nil)
        let url = configuration.nrasURL
        send(
            Fetch.post(payload, to: url.path + "/v3/attest/gpu", at: url), to: url,
            for: .gpuApproval(model: model, verification: verifications[model]?.number ?? 0),
            on: &loop)
        fetchNRASKeys(on: &loop)
    }

    private mutating func fetchNRASKeys(on loop: inout EventLoop<System>) {
        guard nras.keys(at: loop.now) == nil, !nras.isFetchingKeys else { return }
        nras.isFetchingKeys = true
        let url = configuration.nrasURL
        send(
            Fetch.get(url.path + "/.well-known/jwks.json", from: url), to: url, for: .gpuKeys,
            on: &loop)
    }

    mutating func approved(
        _ reply: consuming ProviderReply, _ model: String, _ number: Int,
        on loop: inout EventLoop<System>
    ) {
        guard verifications[model]?.number == number,
            case .asked(response: nil) = verifications[model]?.nras
        else { return }
        // A refusal is an answer, though no token: it is judged like any other that does not hold.
        let isRefusal = 400..<500 ~= reply.status && reply.status != 408 && reply.status != 429
        guard reply.status == 200 || isRefusal else { return nrasFailed(model, on: &loop) }
        verifications[model]?.nras = .asked(response: reply.body.readable.array)
        settleNRAS(model, on: &loop)
    }

    mutating func fetchedNRASKeys(
        _ reply: consuming ProviderReply, on loop: inout EventLoop<System>
    ) {
        guard reply.status == 200 else { return nrasKeysFailed(on: &loop) }
        nras.take(reply.body.readable.array, at: loop.now)
        for model in verifications.keys.sorted() { settleNRAS(model, on: &loop) }
    }

    mutating func nrasFailed(_ model: String, on loop: inout EventLoop<System>) {
        guard case .asked = verifications[model]?.nras else { return }
        log.warning(
            "NVIDIA's attestation service could not be asked", metadata: ["model": "\(model)"])
        verifications[model]?.nras = .settled(.unreachable)
        gather(for: model, on: &loop)
    }

    mutating func nrasKeysFailed(on loop: inout EventLoop<System>) {
        nras.isFetchingKeys = false
        for model in verifications.keys.sorted() { nrasFailed(model, on: &loop) }
    }

    private mutating func settleNRAS(_ model: String, on loop: inout EventLoop<System>) {
        guard case .asked(let response?) = verifications[model]?.nras else { return }
        guard let keys = nras.keys(at: loop.now) else { return fetchNRASKeys(on: &loop) }
        verifications[model]?.nras = .settled(.answer(response: response, keys: keys))
        gather(for: model, on: &loop)
    }

    /// Whether the report failed for want of a key that the service may have published since: its
    /// keys are then fetched anew, once.
    mutating func retriesNRASKeys(
        _ report: AttestationReport, _ model: String, on loop: inout EventLoop<System>
    ) -> Bool {
        guard report.checks.contains(where: { $0.outcome == .failed(.nrasKeyUnknown) }),
            verifications[model]?.hasFreshKeys == false,
            case .settled(.answer(let response, _)) = verifications[model]?.nras
        else { return false }
        verifications[model]?.hasFreshKeys = true
        verifications[model]?.nras = .asked(response: response)
        nras.forgetKeys()
        fetchNRASKeys(on: &loop)
        return true
    }
}
