import Simulator
import Testing

@testable import E2EE

/// The whole verification of a reply with a simulated quote and simulated GPUs.
@Suite struct FullReportTests {
    private static let software = SimulatedSoftware.modelHost

    /// The quote binds `ReplySample`'s key and nonce, and measures `software`.
    private static let platform: SimulatedEvidence = {
        var sample = PlatformSample()
        let address = ReplySample.key.address.bytes
        sample.quote.reportData =
            address + [UInt8](repeating: 0, count: 12) + ReplySample.nonceBytes
        software.measure(into: &sample.quote)
        guard let made = try? sample.made() else { fatalError("no simulated platform") }
        return made
    }()

    private func report(
        payload: String?, scope: VerifiedKey.Scope = .gateway, nras: NRASPolicy = .report,
        answer: NRASAnswer? = nil
    ) throws -> AttestationReport {
        var reply = ReplySample()
        reply["event_log"] = nil
        reply["nvidia_payload"] = payload.map { jsonString(bytes($0)) }
        reply["intel_quote"] = "\"\(toHex(Self.platform.quote))\""
        var policy = AttestationPolicy(level: .full)
        policy.root = Self.platform.pki.root.certificate.der
        policy.pins = Self.software.pins(scope: scope)
        policy.gpuRoot = GPUSample.root
        policy.nras = nras
        policy.nrasIssuer = SimulatedNRAS.issuer
        var circumstances = Circumstances(now: ReplySample.now)
        circumstances.collateral = Self.platform.collateral
        circumstances.nras = answer
        let json = bytes("{\(Self.software.flatMembers),") + reply.json.dropFirst()
        let evidence = try Evidence(json.span)
        #expect(evidence.gpuPayloadText == payload.map(bytes))
        return Verifier(policy).report(
            on: evidence, model: ReplySample.model, nonce: ReplySample.nonce, in: circumstances)
    }

    private func outcome(_ name: String, in report: AttestationReport) -> Check.Outcome? {
        report.checks.first { $0.name == name }?.outcome
    }

    @Test func `the report has the GPUs, and the key ends with their approval`() throws {
        let response = try GPUSample.answer(deviceCount: 1) {
            $0.overall["exp"] = "\(ReplySample.now + 900)"
        }
        let answer = NRASAnswer.answer(response: response, keys: bytes(GPUSample.service.keys))
        let report = try report(
            payload: try GPUSample.payload(), nras: .require, answer: answer)
        let key = try report.verifiedKey()
        #expect(key.expiresAt == ReplySample.now + 900)
        #expect(report.gpu?.devices.count == 1)
        for name in [GPUCheck.evidence, GPUCheck.service] {
            #expect(outcome(name, in: report) == .passed)
        }
    }

    @Test func `a gateway's bad GPU evidence is a failed check beside a key`() throws {
        let report = try report(payload: try GPUSample.payload({ $0.nonce[0] ^= 1 }))
        #expect(report.key?.expiresAt == ReplySample.now + 1800)
        #expect(report.failure == nil)
        #expect(outcome(GPUCheck.evidence, in: report) == .failed(.gpuNonceMismatch))
        #expect(report.gpu?.failure == .gpuNonceMismatch)
    }

    @Test func `a model host's bad GPU evidence refuses`() throws {
        let payload = try GPUSample.payload({ $0.nonce[0] ^= 1 })
        let report = try report(payload: payload, scope: .modelHost)
        #expect(report.key == nil)
        #expect(report.failure == .gpuNonceMismatch)
        #expect(outcome(GPUCheck.evidence, in: report) == .failed(.gpuNonceMismatch))
        let sound = try self.report(payload: try GPUSample.payload(), scope: .modelHost)
        #expect(sound.key?.scope == .modelHost)
    }

    @Test func `approval that is required and missing refuses`() throws {
        let unasked = try report(payload: try GPUSample.payload(), nras: .require)
        #expect(unasked.key == nil)
        #expect(unasked.failure == .nrasUnavailable)
        let without = try report(payload: nil, nras: .require)
        #expect(without.key == nil)
        #expect(without.failure == .gpuEvidenceMissing)
        #expect(try report(payload: nil).key != nil)
    }
}
