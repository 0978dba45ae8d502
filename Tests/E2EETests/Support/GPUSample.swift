import Simulator

@testable import E2EE

/// Evidence of a simulated GPU and a simulated service that judges it, to be spoiled in one place.
enum GPUSample {
    static let now = ReplySample.now
    static let nonce = ReplySample.nonce
    static let otherNonce = AttestationNonce(hex: toHex(ones))!

    static let host: SimulatedGPUHost = {
        guard let host = try? SimulatedGPUHost() else { fatalError("no simulated GPUs") }
        return host
    }()

    static var root: [UInt8] { host.pki.root.certificate.der }

    static let service: SimulatedNRAS = {
        guard let service = try? SimulatedNRAS(root: root) else { fatalError("no service") }
        return service
    }()

    /// - `change`: spoils what the GPU signs, the certificates beside it, and the signed message.
    static func payload(
        under pki: GPUPKI = host.pki, _ change: (inout SimulatedGPU) -> Void = { _ in },
        chain changeChain: (inout [Certificate]) -> Void = { _ in },
        message changeMessage: (inout [UInt8]) -> Void = { _ in }
    ) throws -> String {
        var gpu = SimulatedGPU(nonce: nonce.bytes)
        change(&gpu)
        var chain = pki.chain
        changeChain(&chain)
        var message = try gpu.signed(by: pki.leafKey)
        changeMessage(&message)
        return SimulatedGPUHost.payload(
            nonce: nonce.hex, [SimulatedGPUHost.entry(chain, message)])
    }

    static func verdict(
        _ payload: String, root: [UInt8] = root, nonce: AttestationNonce = nonce, at now: Int = now
    ) throws -> GPUVerdict {
        let evidence = try GPUEvidence(Array(payload.utf8).span)
        return GPUVerifier(root: root).verdict(on: evidence, nonce: nonce, at: now)
    }

    static func answer(
        deviceCount: Int = 2, _ change: (inout SimulatedApproval) -> Void = { _ in }
    ) throws -> [UInt8] {
        var approval = service.approval(nonce: nonce.hex, deviceCount: deviceCount, now: now)
        change(&approval)
        return Array(try approval.signed(by: service.key).utf8)
    }

    /// Why an answer is refused; nil where it is accepted.
    static func refusal(
        _ response: [UInt8], keys: [UInt8] = Array(service.keys.utf8),
        nonce: AttestationNonce = nonce, evidenceCount: Int = 2, at now: Int = now
    ) -> AttestationError? {
        do throws(AttestationError) {
            _ = try AttestationToken.check(
                response: response.span, keys: keys.span, nonce: nonce,
                evidenceCount: evidenceCount, issuer: SimulatedNRAS.issuer, models: ["GH100"],
                at: now)
            return nil
        } catch {
            return error
        }
    }
}
