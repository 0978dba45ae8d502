import Bytes
import HTTP
import TestSupport

@testable import E2EE
@testable import Proxy
@testable import Reactor

/// A provider of a few lines, at the other end of simulated connections: it answers what the proxy
/// asks for, and does wrong what a test tells it to.
final class ScriptedProvider {
    struct Request {
        let connection: SimulatedWorld.Connection
        let head: String
        let body: [UInt8]

        var target: String { String(head.split(separator: " ")[1]) }
        func field(_ name: String) -> String? {
            head.split(whereSeparator: \.isNewline).first {
                $0.lowercased().hasPrefix(name.lowercased() + ": ")
            }.map { String($0.dropFirst(name.count + 2)) }
        }
    }

    let key: PrivateKey
    var catalogue = ScriptedProvider.plainCatalogue
    var attestationStatus = 200
    /// Whether a request for evidence is answered at all.
    var answersAttestation: (Request) -> Bool = { _ in true }
    /// Changes a good attestation reply.
    var spoilAttestation: (String) -> String = { $0 }
    /// What a chat is answered with; nil leaves it waiting for the test.
    var chat: ((Request) throws -> String?)?
    private(set) var requests: [Request] = []
    private var partial: [Token: [UInt8]] = [:]

    static let plainCatalogue =
        #"{"data":[{"id":"m","type":"text","model_spec":{"capabilities":{"supportsE2EE":true}}}]}"#

    private var entropy: SeededEntropy

    init(entropy: SeededEntropy) throws {
        var entropy = entropy
        key = try PrivateKey(from: &entropy)
        self.entropy = entropy
    }

    var chats: [Request] { requests.filter { $0.target.hasSuffix("/chat/completions") } }
    var attestations: [Request] { requests.filter { $0.target.contains("/tee/attestation") } }

    /// Reads what the proxy has sent and answers it.
    func serve(_ world: SimulatedWorld) throws {
        for connection in world.outgoing {
            partial[connection.token, default: []] += connection.take()
            while let request = try nextRequest(on: connection) {
                requests.append(request)
                if let answer = try answer(request) { connection.send(answer) }
            }
        }
    }

    private func nextRequest(on connection: SimulatedWorld.Connection) throws -> Request? {
        let bytes = partial[connection.token] ?? []
        var parser = RequestParser(limits: HTTPLimits())
        var offset = 0
        var head: String?
        var body: [UInt8] = []
        while true {
            let rest = bytes.span.extracting(offset..<bytes.count)
            let (event, byteCount) = try parser.next(in: rest)
            switch event {
            case .needsMore: return nil
            case .head: head = String(decoding: bytes[offset..<(offset + byteCount)], as: UTF8.self)
            case .body(let range): body += rest.extracting(range).array
            case .end:
                partial[connection.token] = Array(bytes[(offset + byteCount)...])
                return head.map { Request(connection: connection, head: $0, body: body) }
            }
            offset += byteCount
        }
    }

    /// Answers requests that are for somebody else than the provider; nil for those of the
    /// provider's own.
    var elsewhere: (Request) throws -> String? = { _ in nil }

    private func answer(_ request: Request) throws -> String? {
        if let answer = try elsewhere(request) { return answer }
        if request.target.contains("/models") { return Self.json(200, catalogue) }
        if request.target.contains("/tee/attestation") {
            guard answersAttestation(request) else { return nil }
            guard attestationStatus == 200 else { return Self.json(attestationStatus, "{}") }
            let reply = try evidence(for: request.target)
            return Self.json(200, spoilAttestation(reply))
        }
        return try chat?(request)
    }

    static func json(_ status: Int, _ body: String, _ fields: String = "") -> String {
        "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\n\(fields)"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// The head of a streamed answer, and its events as chunks; `ends`: with the last one.
    static func stream(_ events: some Sequence<String>, ends: Bool = true) -> String {
        let chunks = events.map { String($0.utf8.count, radix: 16) + "\r\n\($0)\r\n" }
        return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n" + chunks.joined() + (ends ? "0\r\n\r\n" : "")
    }

    /// The texts, sealed to the client key of `request`, as a finished stream.
    static func answer(_ request: Request, _ texts: [String]) throws -> String {
        let events = try texts.map { event(#""content":"\#(try sealed($0, for: request))""#) }
        return stream(events + [event("", finish: #""stop""#), "data: [DONE]\n\n"])
    }

    static func sealed(_ text: String, for request: Request) throws -> String {
        let field = request.field(EnvelopeProfile.venice.clientKeyHeader.description) ?? ""
        return try ProxyTests.sealed(text, to: PublicKey(hex: field.utf8Span.span))
    }

    /// `text` sealed to the client key of `request`, with the randomness of this provider's seed.
    func seal(_ text: String, for request: Request) throws -> String {
        let field = request.field(EnvelopeProfile.venice.clientKeyHeader.description) ?? ""
        let client = try PublicKey(hex: field.utf8Span.span)
        var digits = Buffer()
        try Envelope.seal(text.utf8Span.span, to: client, from: &entropy, into: &digits)
        return digits.readable.text
    }

    /// What the messages of a chat request say, in order.
    func texts(of request: Request) throws -> [String] {
        let root = JSONDocument.root(of: request.body.span)
        var texts: [String] = []
        try root?.member("messages", in: request.body.span)?.forEachElement(in: request.body.span) {
            (message) throws in
            let content = message.member("content", in: request.body.span)
            texts.append(try open(content?.text(in: request.body.span) ?? ""))
        }
        return texts
    }

    /// What an envelope of a request says.
    func open(_ digits: String) throws -> String {
        var text = Buffer()
        try Envelope.open(digits.utf8Span.span, with: key, into: &text)
        return text.readable.text
    }

    /// Makes a quote that binds this report data; nil for one that nobody signed.
    var quote: (([UInt8]) throws -> [UInt8])?
    /// Members of the reply that say what software was measured; empty for none.
    var software = ""
    /// The GPUs' evidence for a nonce of 64 digits; nil for none.
    var gpus: ((String) throws -> String)?

    private func evidence(for target: String) throws -> String {
        let nonce = target.components(separated: "nonce=")
        let report = key.publicKey.address.hex + String(repeating: "0", count: 24) + nonce
        let bytes = Hex.bytes(report.utf8Span.span) ?? []
        var digits = Self.unsigned(report)
        if let quote {
            let signed = try quote(bytes)
            digits = Hex.string(signed.span)
        }
        var more = software.isEmpty ? "" : "," + software
        if let gpus {
            var text = Buffer()
            text.append(jsonString: try gpus(nonce))
            more += #","nvidia_payload":"# + text.readable.text
        }
        return """
            {"verified":true,"nonce":"\(nonce)","model":"m","signing_algo":"ecdsa",\
            "signing_key":"\(key.publicKey.hex)","intel_quote":"\(digits)"\(more)}
            """
    }

    private static func unsigned(_ report: String) -> String {
        // A quote as far as binding looks at it: header, body, and a signature that nobody checks.
        var quote = "0400020081000000" + String(repeating: "0", count: 8)
        quote += "939a7233f79c4ca9940a0db3957f0607" + String(repeating: "0", count: 40)
        quote += String(repeating: "0", count: 240) + "0000001000000000"
        quote += String(repeating: "0", count: 2 * 520 - 240 - 16) + report
        return quote + "80000000" + String(repeating: "0", count: 256)
    }
}

extension String {
    fileprivate func components(separated mark: String) -> String {
        guard let index = range(of: mark) else { return "" }
        return String(self[index...].dropFirst(mark.count))
    }

    private func range(of mark: String) -> Index? {
        indices.first { self[$0...].hasPrefix(mark) }
    }
}
