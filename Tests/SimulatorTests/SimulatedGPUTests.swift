import Bytes
import E2EE
import Reactor
import Simulator
import Testing

@Suite struct SimulatedGPUTests {
    private static let simulator = Result { try Simulator.start(allowsMisbehaviour: true) }

    private struct Judged {
        var local: GPUVerdict
        var service: Result<Int, AttestationError>
    }

    /// Asks for evidence, has it judged here and by the simulated service.
    private func judged(_ model: String) throws -> Judged {
        let simulator = try Self.simulator.get()
        let conversation = Conversation(simulator: simulator)
        var entropy = SystemEntropy()
        let nonce = try AttestationNonce(from: &entropy)
        let reply = try conversation.attestation(of: model, nonce: nonce).body
        let payload = try #require(try Evidence(reply.span).gpuPayloadText)
        let evidence = try GPUEvidence(payload.span)
        let now = WallClock.now().seconds
        let local = GPUVerifier(root: simulator.gpuRoot).verdict(
            on: evidence, nonce: nonce, at: now)
        let keys = try conversation.send("GET /nras/.well-known/jwks.json", []).body
        let response = try conversation.send("POST /nras/v3/attest/gpu", [], body: payload).body
        let service: Result<Int, AttestationError>
        do throws(AttestationError) {
            let end = try AttestationToken.check(
                response: response.span, keys: keys.span, nonce: nonce,
                evidenceCount: evidence.deviceCount, issuer: simulator.nrasIssuer,
                models: ["GH100"], at: now)
            service = .success(end)
        } catch {
            service = .failure(error)
        }
        return Judged(local: local, service: service)
    }

    private func refusal(_ judged: Judged) -> AttestationError? {
        guard case .failure(let error) = judged.service else { return nil }
        return error
    }

    @Test(arguments: ["e2ee-demo-echo", "e2ee-demo-lorem", "e2ee-demo-reasoning"])
    func `every model's GPUs are sound and approved of`(model: String) throws {
        let judged = try judged(model)
        #expect(judged.local.isAccepted)
        #expect(refusal(judged) == nil)
    }

    @Test(arguments: [
        (Misbehaviour.gpuNonce, AttestationError.gpuNonceMismatch),
        (.gpuSignature, .gpuSignature), (.gpuFirmware, .gpuFWID),
        (.gpuOtherRoot, .gpuUntrustedRoot), (.gpuCutChain, .gpuChain),
    ])
    func `bad GPUs are refused here and there`(
        misbehaviour: Misbehaviour, failure: AttestationError
    ) throws {
        let judged = try judged(misbehaviour.model)
        #expect(judged.local.failure == failure)
        #expect(refusal(judged) == .nrasRefused)
    }

    @Test(arguments: [
        (Misbehaviour.nrasRefuses, AttestationError.nrasRefused),
        (.nrasUnsigned, .nrasAlgorithm), (.nrasOtherNonce, .nrasNonceMismatch),
        (.nrasMissingDevice, .nrasDeviceMissing), (.nrasExpired, .nrasExpired),
    ])
    func `a bad answer of the service is refused by name`(
        misbehaviour: Misbehaviour, failure: AttestationError
    ) throws {
        let judged = try judged(misbehaviour.model)
        #expect(judged.local.isAccepted)
        #expect(refusal(judged) == failure)
    }

    @Test func `the service knows two requests`() throws {
        let conversation = Conversation(simulator: try Self.simulator.get())
        #expect(try conversation.send("GET /nras/v3/attest/gpu", []).status == 404)
        #expect(try conversation.send("GET /nras/else", []).status == 404)
        let broken = try conversation.send("POST /nras/v3/attest/gpu", [], body: Array("x".utf8))
        #expect(broken.status == 400)
    }
}
