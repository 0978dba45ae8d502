import Bytes
import E2EE
import Reactor
import Simulator
import Testing

@Suite struct `The simulator` {
    private let conversation: Conversation
    private let recording = Recording()

    init() throws {
        conversation = Conversation(simulator: try .start(recording: recording))
    }

    @Test func `an echo comes back through real envelopes`() throws {
        defer { conversation.simulator.stop() }
        let result = try conversation.chat("e2ee-demo-echo", "hello, sealed wörld 😀")
        #expect(result.answer.status == 200)
        #expect(result.answer.end == .complete)
        #expect(result.text == "hello, sealed wörld 😀")
        #expect(result.finish == "stop")
        #expect(result.isDone)
        #expect(result.completionTokenCount == 4)
        #expect(recording.plaintexts == [Array("hello, sealed wörld 😀".utf8)])
        #expect(recording.attestationCount == 1)
        #expect(!recording.requests.contains { $0.body.span.firstRange(of: "sealed w") != nil })
    }

    @Test func `every demo model answers, whatever the shape of its evidence`() throws {
        defer { conversation.simulator.stop() }
        let lorem = try conversation.chat("e2ee-demo-lorem", "rate=0 chunks=5 bytes=100")
        #expect(lorem.content.count == 500)
        #expect(lorem.completionTokenCount == 5)
        let reasoning = try conversation.chat("e2ee-demo-reasoning", "hi")
        #expect(reasoning.text == "You said: hi")
        #expect(!reasoning.reasoning.isEmpty)
        let image = #"{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}"#
        let vision = try conversation.chat(
            "e2ee-demo-vision", #"[{"type":"text","text":"what?"},\#(image)]"#)
        #expect(vision.text == "I see 1 image, and the text: what?")
    }

    @Test func `lorem keeps its rate`() throws {
        defer { conversation.simulator.stop() }
        let key = try conversation.verifiedKey(of: "e2ee-demo-lorem")
        let clock = ContinuousClock()
        let duration = try clock.measure {
            _ = try conversation.chat("e2ee-demo-lorem", with: key, "rate=50 chunks=11")
        }
        #expect(duration >= .milliseconds(200))
    }

    @Test func `the catalogue tells what can be encrypted to`() throws {
        defer { conversation.simulator.stop() }
        let answer = try conversation.send("GET /api/v1/models?type=text")
        try JSONDocument.check(answer.body.span)
        #expect(answer.text.contains(#""id":"e2ee-demo-echo""#))
        #expect(answer.text.contains(#""supportsE2EE":false"#))
        #expect(!answer.text.contains("e2ee-bad-"))
    }

    @Test func `a request the provider refuses is refused`() throws {
        defer { conversation.simulator.stop() }
        #expect(try conversation.send("GET /api/v1/models", []).status == 401)
        #expect(try conversation.send("GET /api/v1/nothing").status == 404)
        #expect(try conversation.send("GET /elsewhere").status == 404)
        var entropy = SystemEntropy()
        let nonce = try AttestationNonce(from: &entropy)
        let unknown = try conversation.attestation(of: "e2ee-unknown", nonce: nonce)
        #expect(unknown.status == 404)
        #expect(
            try conversation.send("GET /api/v1/tee/attestation?model=e2ee-demo-echo&nonce=12")
                .status == 400)
    }

    private func post(_ body: String, model: String, fields: [String]) throws -> Answer {
        let whole = #"{"model":"\#(model)",\#(body)}"#
        return try conversation.send(
            "POST /api/v1/chat/completions", fields, body: Array(whole.utf8))
    }

    @Test func `a chat that is not sealed as it should be is refused`() throws {
        defer { conversation.simulator.stop() }
        let model = "e2ee-demo-echo"
        let key = try conversation.verifiedKey(of: model).key
        let client = try PublicKey(hex: key.hex.utf8Span.span)
        let fields = Conversation.headers(client: client, model: key)
        let clear = #""messages":[{"role":"system","content":"hi"}]"#
        let refused = try post(#""stream":true,\#(clear)"#, model: model, fields: fields)
        #expect(refused.status == 400)
        #expect(refused.text.contains("e2ee_decryption_failed"))
        let empty = try post(
            #""stream":true,"messages":[{"role":"user","content":""}]"#, model: model,
            fields: fields)
        #expect(empty.text.contains("e2ee_decryption_failed"))
        let whole = try post(clear, model: model, fields: fields)
        #expect(whole.text.contains("E2EE requires streaming"))
        let bare = try post(#""stream":true,\#(clear)"#, model: model, fields: [Conversation.key])
        #expect(bare.text.contains("e2ee_header_missing"))
        let other = try conversation.verifiedKey(of: "e2ee-demo-vision").key
        let mismatch = try post(
            #""stream":true,\#(clear)"#, model: model,
            fields: Conversation.headers(client: client, model: other))
        #expect(mismatch.text.contains("e2ee_model_key_mismatch"))
    }

    @Test func `a model without an enclave answers in clear`() throws {
        defer { conversation.simulator.stop() }
        let answer = try post(
            #""stream":true,"messages":[{"role":"user","content":"plain"}]"#, model: "demo-clear",
            fields: [Conversation.key])
        #expect(answer.text.contains(#""content":"plain""#))
    }

    @Test func `a simulator that was stopped listens no more`() throws {
        let simulator = conversation.simulator
        #expect(try conversation.send("GET /api/v1/models").status == 200)
        simulator.stop()
        var isRefused = false
        for _ in 0..<100 where !isRefused {
            let answer = try Client.send(
                Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), to: simulator.address,
                trusting: simulator.authorityPEM, milliseconds: 20)
            isRefused = answer.status == 0
        }
        #expect(isRefused)
    }
}

@Suite struct `The server's certificate` {
    @Test(arguments: [
        (WebPKI.Fault.expired, TLSError.certificateExpired), (.wrongName, .wrongHost),
    ])
    func `is refused by name of its fault`(fault: WebPKI.Fault, refusal: TLSError) throws {
        let conversation = Conversation(simulator: try .start(fault: fault))
        defer { conversation.simulator.stop() }
        #expect(throws: refusal) { try conversation.send("GET /api/v1/models") }
    }

    @Test(arguments: [WebPKI.Fault.selfSigned, .otherAuthority])
    func `is refused without a trusted authority`(fault: WebPKI.Fault) throws {
        let conversation = Conversation(simulator: try .start(fault: fault))
        defer { conversation.simulator.stop() }
        #expect(throws: TLSError.self) { try conversation.send("GET /api/v1/models") }
    }
}
