import Bytes
import E2EE
import HTTP
import Reactor
import Simulator

/// What one sealed chat gave: the opened texts and what stood in clear.
struct ChatResult {
    var answer = Answer()
    var content: [UInt8] = []
    var reasoning: [UInt8] = []
    var finish: String?
    var completionTokenCount: Int?
    var isDone = false
    var eventCount = 0
    var failure: E2EEError?
    var hasError = false

    var text: String { String(decoding: content, as: UTF8.self) }
}

/// Speaks to a simulator as a client of the provider would.
struct Conversation {
    let simulator: Simulator

    private func request(_ line: String, _ fields: [String] = [], body: [UInt8] = []) -> [UInt8] {
        var head = "\(line) HTTP/1.1\r\nHost: \(simulator.address)\r\n"
        for field in fields { head += field + "\r\n" }
        if !body.isEmpty { head += "Content-Length: \(body.count)\r\n" }
        return Array((head + "\r\n").utf8) + body
    }

    static let key = "Authorization: Bearer simulated"

    func send(
        _ line: String, _ fields: [String] = [Self.key], body: [UInt8] = [],
        milliseconds: Int = 5000
    ) throws -> Answer {
        try Client.send(
            request(line, fields, body: body), to: simulator.address,
            trusting: simulator.authorityPEM, milliseconds: milliseconds)
    }

    func attestation(of model: String, nonce: AttestationNonce) throws -> Answer {
        try send("GET /api/v1/tee/attestation?model=\(model)&nonce=\(nonce.hex)")
    }

    /// The key of a model whose evidence passes.
    func verifiedKey(of model: String) throws -> VerifiedKey {
        var entropy = SystemEntropy()
        let nonce = try AttestationNonce(from: &entropy)
        let evidence = try Evidence(attestation(of: model, nonce: nonce).body.span)
        return try Verifier(AttestationPolicy(level: .binding)).report(
            on: evidence, model: model, nonce: nonce,
            in: Circumstances(now: WallClock.now().seconds)
        ).verifiedKey()
    }

    /// What full verification says of a model's evidence, by the simulator's own pins.
    func report(
        on model: String, _ policy: PinPolicy = .pinned, pins: Pins? = nil
    ) throws -> AttestationReport {
        var entropy = SystemEntropy()
        let nonce = try AttestationNonce(from: &entropy)
        let evidence = try Evidence(attestation(of: model, nonce: nonce).body.span)
        var full = AttestationPolicy(level: .full)
        full.root = simulator.teeRoot
        full.gpuRoot = simulator.gpuRoot
        full.pins = try pins ?? Pins(json: Array(Simulator.pins.utf8).span)
        full.pinPolicy = policy
        var circumstances = Circumstances(now: WallClock.now().seconds)
        circumstances.collateral = try simulator.collateral.collateral()
        return Verifier(full).report(on: evidence, model: model, nonce: nonce, in: circumstances)
    }

    /// Attests, seals, sends, and opens what comes back.
    func chat(_ model: String, _ text: String, milliseconds: Int = 5000) throws -> ChatResult {
        try chat(model, with: verifiedKey(of: model), text, milliseconds: milliseconds)
    }

    func chat(
        _ model: String, with key: VerifiedKey, _ text: String, milliseconds: Int = 5000
    ) throws -> ChatResult {
        var entropy = SystemEntropy()
        var sealer = try Sealer(to: key, entropy: &entropy)
        var opener = try Opener(entropy: &entropy)
        var sealed = Buffer()
        try sealer.seal(Array(text.utf8).span, entropy: &entropy, into: &sealed)
        let body =
            #"{"model":"\#(model)","stream":true,"messages":[{"role":"user","content":"#
            + #""\#(sealed.readable.text)"}]}"#
        let fields = Self.headers(client: opener.publicKey, model: key.key)
        let answer = try send(
            "POST /api/v1/chat/completions", fields, body: Array(body.utf8),
            milliseconds: milliseconds)
        return try Self.open(answer, with: &opener)
    }

    static func headers(client: PublicKey, model: PublicKey) -> [String] {
        [
            key, "X-Venice-TEE-Client-Pub-Key: \(client.hex)",
            "X-Venice-TEE-Model-Pub-Key: \(model.hex)", "X-Venice-TEE-Signing-Algo: ecdsa",
        ]
    }

    private static func open(_ answer: Answer, with opener: inout Opener) throws -> ChatResult {
        var result = ChatResult(answer: answer)
        for line in answer.text.split(whereSeparator: \.isNewline) {
            guard line.hasPrefix("data: ") else { continue }
            result.eventCount += 1
            let json = Array(line.dropFirst(6).utf8)
            if line == "data: [DONE]" {
                result.isDone = true
                continue
            }
            try JSONDocument.check(json.span)
            read(json, into: &result, with: &opener)
        }
        return result
    }

    private static func read(
        _ json: [UInt8], into result: inout ChatResult, with opener: inout Opener
    ) {
        let bytes = json.span
        guard let root = JSONDocument.root(of: bytes) else { return }
        if root.member("error", in: bytes) != nil { result.hasError = true }
        if let tokens = root.member("usage", in: bytes)?.member("completion_tokens", in: bytes) {
            result.completionTokenCount = bytes.extracting(tokens.range).decimal
        }
        var choice: JSONValue?
        root.member("choices", in: bytes)?.forEachElement(in: bytes) { choice = $0 }
        if let finish = choice?.member("finish_reason", in: bytes)?.text(in: bytes) {
            result.finish = finish
        }
        let delta = choice?.member("delta", in: bytes)
        if let content = delta?.member("content", in: bytes) {
            append(content, in: bytes, to: &result.content, &result.failure, &opener)
        }
        if let reasoning = delta?.member("reasoning_content", in: bytes) {
            append(reasoning, in: bytes, to: &result.reasoning, &result.failure, &opener)
        }
    }

    private static func append(
        _ value: JSONValue, in bytes: Span<UInt8>, to output: inout [UInt8],
        _ failure: inout E2EEError?, _ opener: inout Opener
    ) {
        guard !value.inside.isEmpty, failure == nil else { return }
        var text = Buffer()
        do throws(E2EEError) {
            try opener.open(bytes.extracting(value.inside), into: &text)
        } catch {
            failure = error
        }
        output += text.readable.array
    }
}
