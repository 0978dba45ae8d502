import Bytes
import COpenSSL

/// Verifies on this machine that GPU evidence was signed for this question by genuine NVIDIA
/// devices. What their firmware measures is compared with NVIDIA's golden values by its attestation
/// service alone. A function of its arguments: no clock, no network, nothing kept.
public struct GPUVerifier: Sendable {
    private let root: [UInt8]

    /// - `root`: the only certificate that is trusted, in DER.
    public init(root: [UInt8] = NVIDIARoot.der) { self.root = root }

    /// Checks every device, also behind one that failed.
    /// - `nonce`: the one that was sent with the question.
    /// - `now`: Unix seconds.
    /// - Cost: five signatures over P-384 a device, a few milliseconds. It may run on any thread.
    public func verdict(
        on evidence: GPUEvidence, nonce: AttestationNonce, at now: Int
    ) -> GPUVerdict {
        // Others on this thread read the library's queue of errors.
        defer { ERR_clear_error() }
        var verdict = GPUVerdict()
        if evidence.devices.isEmpty { verdict.failure = .gpuEvidenceMissing }
        if evidence.nonce != nonce { verdict.failure = verdict.failure ?? .gpuNonceMismatch }
        for device in evidence.devices {
            var found = GPUVerdict.Device()
            do throws(AttestationError) {
                try check(device, nonce, now, &found)
            } catch {
                found.failure = error
                verdict.failure = verdict.failure ?? error
            }
            verdict.devices.append(found)
        }
        return verdict
    }

    private func check(
        _ device: GPUEvidence.Device, _ nonce: AttestationNonce, _ now: Int,
        _ found: inout GPUVerdict.Device
    ) throws(AttestationError) {
        let message = device.message.span
        let parts = try SPDMMeasurements(message)
        guard let root = X509Certificate(der: root, signedWith: .ecdsaSHA384) else {
            throw .gpuUntrustedRoot
        }
        let chain = try DeviceChain(device.chain.span, root: root, at: now)
        found.chip = chain.chip
        let signature = message.extracting(parts.signature)
        guard chain.key.verifies(signature, over: message.extracting(parts.signed)) else {
            throw .gpuSignature
        }
        found.driverVersion = parts.driverVersion.flatMap {
            DeviceText.version(message.extracting($0))
        }
        found.vbiosVersion = parts.vbiosVersion.flatMap {
            DeviceText.vbiosVersion(message.extracting($0))
        }
        if let reported = parts.firmwareID {
            guard let certified = chain.firmwareID,
                message.extracting(reported).equals(certified.span)
            else { throw .gpuFWID }
        } else {
            guard chain.isSwitch else { throw .gpuFWID }
        }
        guard message.extracting(parts.nonce).equalsInConstantTime(nonce.bytes.span) else {
            throw .gpuNonceMismatch
        }
    }
}
