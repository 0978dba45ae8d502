import Bytes
public import E2EE
import Reactor

/// A streamed answer that is opened from memory: the way of a chunk without its sockets. For
/// benchmarks, which have no other entry to it.
public struct AnswerReplay: ~Copyable {
    private var attempt: Attempt
    private var reply: ChatReply
    private var outbox = Buffer()
    /// Bytes that a client would have been sent.
    public private(set) var sentByteCount = 0

    /// - `opener`: whose public key the answer is sealed to.
    public init(opening opener: consuming Opener) throws(APIError) {
        let body: StaticString =
            #"{"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]}"#
        var bytes = Buffer()
        bytes.append(body)
        let request = try ChatRequest(bytes.readable)
        let key = opener.publicKey
        attempt = Attempt(
            for: ExchangeID(client: .none, number: 1),
            choice: Choice(0, of: request, thinking: .auto), key: key, opener: opener)
        reply = ChatReply(
            to: request, answer: ClientAnswer(requestID: "req-replay"), created: 1,
            reasoningField: .reasoningContent)
    }

    /// Takes a piece of the provider's body, and sends what it completes to nobody.
    /// - Returns: whether all of it could be passed on.
    public mutating func take(_ body: Span<UInt8>) -> Bool {
        do throws(AnswerError) {
            try attempt.relay(body, reply: &reply, to: &outbox)
        } catch { return false }
        sentByteCount += outbox.count
        outbox.consume(outbox.count)
        return true
    }
}
