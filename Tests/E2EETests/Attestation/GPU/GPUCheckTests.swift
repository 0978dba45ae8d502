import Simulator
import Testing
import TestSupport

@testable import E2EE

@Suite struct GPUCheckTests {
    private struct Outcome {
        var report: AttestationReport
        var refusal: AttestationError?
        var expiry: Int?

        func outcome(_ name: String) -> Check.Outcome? {
            report.checks.last { $0.name == name }?.outcome
        }

        var evidence: Check.Outcome? { outcome(GPUCheck.evidence) }
        var service: Check.Outcome? { outcome(GPUCheck.service) }
    }

    private func run(
        _ payload: Claim?, _ answer: NRASAnswer? = nil, nras: NRASPolicy = .report,
        scope: VerifiedKey.Scope = .gateway
    ) -> Outcome {
        var policy = AttestationPolicy(level: .full)
        policy.gpuRoot = GPUSample.root
        policy.nras = nras
        policy.nrasIssuer = SimulatedNRAS.issuer
        var circumstances = Circumstances(now: GPUSample.now)
        circumstances.nras = answer
        let check = GPUCheck(
            policy: policy, scope: scope, nonce: GPUSample.nonce, circumstances: circumstances)
        var report = AttestationReport(model: "m", level: .full)
        do throws(AttestationError) {
            let expiry = try check.run(on: payload, &report)
            return Outcome(report: report, refusal: nil, expiry: expiry)
        } catch {
            report.fail(error)
            return Outcome(report: report, refusal: error, expiry: nil)
        }
    }

    private let sound = Claim.text(bytes((try? GPUSample.payload()) ?? ""))
    private let broken = Claim.text(
        bytes((try? GPUSample.payload(message: { $0[40] ^= 1 })) ?? ""))

    private func answer(
        _ change: (inout SimulatedApproval) -> Void = { _ in }
    ) throws -> NRASAnswer {
        .answer(
            response: try GPUSample.answer(deviceCount: 1, change),
            keys: bytes(GPUSample.service.keys))
    }

    private static let scopes: [VerifiedKey.Scope] = [.gateway, .modelHost]

    @Test(arguments: scopes)
    func `sound evidence and a sound answer pass`(scope: VerifiedKey.Scope) throws {
        let outcome = run(sound, try answer(), nras: .require, scope: scope)
        #expect(outcome.refusal == nil)
        #expect(outcome.evidence == .passed)
        #expect(outcome.service == .passed)
        #expect(outcome.expiry == GPUSample.now + 3600)
        #expect(outcome.report.gpu?.isAccepted == true)
        guard case .notRun = outcome.outcome(GPUCheck.tie) else {
            Issue.record("nothing is said of what ties the GPUs to the enclave")
            return
        }
    }

    @Test(arguments: scopes)
    func `no evidence is said to be none`(scope: VerifiedKey.Scope) {
        let empty = SimulatedGPUHost.payload(nonce: GPUSample.nonce.hex, [])
        for payload in [nil, Claim.text(bytes(empty))] {
            let outcome = run(payload, scope: scope)
            #expect(outcome.refusal == nil)
            #expect(outcome.evidence == .notRun(reason: "the reply holds none"))
            #expect(run(payload, nras: .require, scope: scope).refusal == .gpuEvidenceMissing)
        }
    }

    @Test(arguments: scopes)
    func `a payload that cannot be read is reported`(scope: VerifiedKey.Scope) {
        for payload in [Claim.text(bytes("omitted")), .container, .bool(true)] {
            let outcome = run(payload, scope: scope)
            #expect(outcome.refusal == nil)
            #expect(outcome.evidence == .failed(.gpuPayloadMalformed))
            #expect(run(payload, nras: .require, scope: scope).refusal == .gpuPayloadMalformed)
        }
    }

    @Test func `bad evidence refuses a model's host and is reported of a gateway`() throws {
        let gateway = run(broken, try answer())
        #expect(gateway.refusal == nil)
        #expect(gateway.evidence == .failed(.gpuSignature))
        #expect(run(broken, scope: .modelHost).refusal == .gpuSignature)
        #expect(run(broken, try answer(), nras: .require).refusal == .gpuSignature)
        let stale = Claim.text(bytes(try GPUSample.payload({ $0.nonce[0] ^= 1 })))
        #expect(run(stale).evidence == .failed(.gpuNonceMismatch))
        #expect(run(stale, scope: .modelHost).refusal == .gpuNonceMismatch)
    }

    @Test(arguments: [nil, NRASAnswer.notAsked, .unreachable], scopes)
    func `no answer is never a pass`(answer: NRASAnswer?, scope: VerifiedKey.Scope) {
        let outcome = run(sound, answer, scope: scope)
        #expect(outcome.refusal == nil)
        guard case .notRun(let reason) = outcome.service, reason.hasPrefix("not checked") else {
            Issue.record("passed without an answer")
            return
        }
        #expect(run(sound, answer, nras: .require, scope: scope).refusal == .nrasUnavailable)
        #expect(
            run(sound, answer, nras: .off, scope: scope).service
                == .notRun(reason: "switched off"))
    }

    @Test func `a no refuses a model's host and is reported of a gateway`() throws {
        let no = try answer { $0.overall["x-nvidia-overall-att-result"] = "false" }
        let gateway = run(sound, no)
        #expect(gateway.refusal == nil)
        #expect(gateway.evidence == .passed)
        #expect(gateway.service == .failed(.nrasRefused))
        #expect(gateway.expiry == nil)
        #expect(run(sound, no, scope: .modelHost).refusal == .nrasRefused)
        #expect(run(sound, no, nras: .require).refusal == .nrasRefused)
        #expect(run(sound, no, nras: .off, scope: .modelHost).refusal == nil)
    }

    @Test func `an answer about fewer GPUs than there is evidence of is a no`() throws {
        let two = Claim.text(
            bytes(try GPUSample.host.payload(for: GPUSample.nonce, deviceCount: 2)))
        #expect(run(two, try answer(), scope: .modelHost).refusal == .nrasDeviceMissing)
    }
}
