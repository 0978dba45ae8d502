import Bytes

/// The part of a verification that is about GPUs: what their evidence is worth on this machine, and
/// what NVIDIA's service says of it.
///
/// Nothing but the nonce ties the GPUs to the enclave, so another machine's could be shown. Where
/// the quote vouches for a machine before the model's, that is even how it must be: there a failure
/// is reported and refuses nothing, unless the service's approval is required.
struct GPUCheck {
    let policy: AttestationPolicy
    let scope: VerifiedKey.Scope
    let nonce: AttestationNonce
    let circumstances: Circumstances

    static let evidence = "GPU evidence"
    static let tie = "GPUs tied to the enclave"
    static let service = "NVIDIA attestation service"

    /// - `payload`: the reply's member `nvidia_payload`.
    /// - Returns: Unix seconds when the service's approval ends; nil where there is none.
    /// - Throws: the failure, where it refuses.
    func run(
        on payload: Claim?, _ report: inout AttestationReport
    ) throws(AttestationError) -> Int? {
        guard let evidence = try evidence(in: payload, &report) else {
            report.skip(Self.service, because: "there is no GPU evidence to ask about")
            return nil
        }
        let verdict = GPUVerifier(root: policy.gpuRoot).verdict(
            on: evidence, nonce: nonce, at: circumstances.now)
        report.gpu = verdict
        if let failure = verdict.failure {
            try settle(failure, refuses: scope == .modelHost, &report)
        } else {
            report.finish(detail: verdict.summary)
        }
        report.skip(
            Self.tie, because: "nothing but the nonce ties GPU evidence to the enclave's quote")
        return try askedService(about: evidence.deviceCount, &report)
    }

    /// What can be read of the payload; nil, and said so, where nothing can. Evidence that cannot
    /// be read is worth as much as none.
    private func evidence(
        in payload: Claim?, _ report: inout AttestationReport
    ) throws(AttestationError) -> GPUEvidence? {
        report.begin(Self.evidence)
        do throws(AttestationError) {
            guard let payload else { throw .gpuEvidenceMissing }
            guard let text = payload.text else { throw .gpuPayloadMalformed }
            let evidence = try GPUEvidence(text.span)
            guard evidence.deviceCount > 0 else { throw .gpuEvidenceMissing }
            return evidence
        } catch {
            if error == .gpuEvidenceMissing, policy.nras != .require {
                report.passOver(because: "the reply holds none")
            } else {
                try settle(error, refuses: false, &report)
            }
            return nil
        }
    }

    private func askedService(
        about deviceCount: Int, _ report: inout AttestationReport
    ) throws(AttestationError) -> Int? {
        report.begin(Self.service)
        switch circumstances.nras ?? .notAsked {
        case _ where policy.nras == .off: report.passOver(because: "switched off")
        case .answer(let response, let keys):
            do throws(AttestationError) {
                let expiry = try AttestationToken.check(
                    response: response.span, keys: keys.span, nonce: nonce,
                    evidenceCount: deviceCount, issuer: policy.nrasIssuer,
                    models: policy.gpuModels, at: circumstances.now)
                report.finish()
                return expiry
            } catch {
                try settle(error, refuses: scope == .modelHost, &report)
            }
        case .unreachable where policy.nras == .report:
            report.passOver(because: "not checked: the service could not be reached")
        case .notAsked where policy.nras == .report:
            report.passOver(because: "not checked: the service was not asked")
        case .unreachable, .notAsked: throw .nrasUnavailable
        }
        return nil
    }

    /// The check that runs has failed: refused or only reported.
    private func settle(
        _ failure: AttestationError, refuses: Bool, _ report: inout AttestationReport
    ) throws(AttestationError) {
        if refuses || policy.nras == .require { throw failure }
        report.note(failure)
    }
}
