import Bytes
import HTTP

@testable import E2EE
@testable import Proxy
@testable import Reactor

/// A key that counts as verified, and the private half an enclave would hold.
struct EnclaveKey: ~Copyable {
    let secret: PrivateKey
    let verified: VerifiedKey

    init(model: String = "m") throws {
        var entropy = SystemEntropy()
        secret = try PrivateKey(from: &entropy)
        verified = VerifiedKey(
            model: model, key: secret.publicKey, expiresAt: .max, scope: .gateway)
    }

    /// What an envelope says.
    func open(_ digits: String) throws -> String {
        var text = Buffer()
        try Envelope.open(digits.utf8Span.span, with: secret, into: &text)
        return text.readable.text
    }
}

/// `text` sealed to `key`, as the enclave seals a delta.
func sealed(_ text: String, to key: PublicKey) throws -> String {
    try sealed(Array(text.utf8), to: key)
}

func sealed(_ text: [UInt8], to key: PublicKey) throws -> String {
    var entropy = SystemEntropy()
    var digits = Buffer()
    try Envelope.seal(text.span, to: key, from: &entropy, into: &digits)
    return digits.readable.text
}

/// One attempt, and the client key its answers are sealed to.
struct AttemptUnderTest: ~Copyable {
    var attempt: Attempt
    var reply: ChatReply
    let client: PublicKey
    var output = Buffer()

    init(_ text: String, isOldClient: Bool = false) throws {
        let request = try `Chat requests`.read(text)
        let key = try EnclaveKey().verified.key
        var entropy = SystemEntropy()
        var answer = ClientAnswer(requestID: "req-1")
        answer.isOldClient = isOldClient
        let opener = try Opener(entropy: &entropy)
        client = opener.publicKey
        reply = ChatReply(
            to: request, answer: answer, created: 7, reasoningField: .reasoningContent)
        attempt = Attempt(
            for: ExchangeID(client: .none, number: 1),
            choice: Choice(0, of: request, thinking: .auto),
            key: key, opener: opener)
    }

    mutating func relay(_ piece: String) throws {
        try attempt.relay(piece.utf8Span.span, reply: &reply, to: &output)
    }

    mutating func end() throws { _ = try attempt.end(reply: &reply, to: &output) }

    var text: String { output.readable.text }
}

/// An event of the provider with one delta.
func event(_ delta: String, finish: String = "null") -> String {
    #"data: {"id":"chat-1","created":99,"model":"other","choices":[{"index":0,"delta":{\#(delta)},"finish_reason":\#(finish)}]}"#
        + "\n\n"
}
