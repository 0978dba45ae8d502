import Bytes
import E2EE
import HTTP

/// One sealed request on its way, and the answer that comes back: the hot file. An exchange has one
/// attempt at a time, and a second only after the provider refused the first one's key.
///
/// Events come in as the provider cut them and leave as one narrow form that every client reads.
/// What does not open ends the answer; nothing unauthenticated is passed on.
struct Attempt: ~Copyable {
    static let eventByteCountMax = 8 * 1024 * 1024
    /// The longest answer that is folded into one JSON body.
    static let foldByteCountMax = 64 * 1024 * 1024

    /// The client this attempt answers.
    let exchange: ExchangeID
    let key: PublicKey
    let answer: ClientAnswer
    private let isStreaming: Bool
    private let includesUsage: Bool

    private var opener: Opener
    private var events = Buffer()
    private var parser = EventParser(eventByteCountMax: Attempt.eventByteCountMax)
    private var joined = Buffer()
    /// One opened text, dead after its event was written.
    private var text = Buffer()
    private var fields = AnswerFields()
    private var fold = ChatAnswer()

    private var name: AnswerName
    private var hasRole = false
    private(set) var finish: FinishReason?
    private(set) var usage: Usage?
    /// The provider said that nothing follows.
    private(set) var isDone = false
    /// The head of a streamed answer has been written: from here on errors travel as events.
    private(set) var isCommitted = false
    private(set) var chunkCount = 0

    init(
        for exchange: ExchangeID, request: ChatRequest, answer: ClientAnswer, key: PublicKey,
        opener: consuming Opener, created: Int
    ) {
        self.exchange = exchange
        self.key = key
        self.answer = answer
        self.opener = opener
        isStreaming = request.isStreaming
        includesUsage = request.includesUsage
        name = AnswerName(
            id: "chatcmpl-\(answer.requestID)", created: created, model: request.model)
    }

    /// Takes a piece of the provider's body and writes what it completes to `outbox`.
    mutating func relay(
        _ body: Span<UInt8>, to outbox: inout Buffer
    ) throws(AnswerError) {
        // The events leave `self` while they are read: reading them changes the rest of it.
        var events = Buffer()
        swap(&events, &self.events)
        defer { swap(&events, &self.events) }
        events.append(body)
        while !isDone {
            let (token, byteCount) = try next(in: events.readable)
            switch token {
            case .needsMore:
                events.consume(byteCount)
                return
            case .data(let range):
                try take(events.readable.extracting(range), to: &outbox)
            case .joined:
                var joined = Buffer()
                swap(&joined, &self.joined)
                defer { swap(&joined, &self.joined) }
                try take(joined.readable, to: &outbox)
            }
            events.consume(byteCount)
        }
    }

    private mutating func next(
        in events: Span<UInt8>
    ) throws(AnswerError) -> (EventParser.Token, Int) {
        do throws(HTTPError) { return try parser.next(in: events, joined: &joined) } catch {
            throw .http(error)
        }
    }

    /// The provider's body has ended: completes the answer.
    /// - Throws: `.unfinished` where the stream ended before the model did.
    mutating func end(to outbox: inout Buffer) throws(AnswerError) {
        var events = Buffer()
        swap(&events, &self.events)
        if !isDone, parser.end(in: events.readable) { isDone = true }
        guard let finish else { throw .unfinished }
        if isStreaming {
            if includesUsage, let usage { writeUsage(usage, to: &outbox) }
            answer.endStream(to: &outbox)
        } else {
            var body = Buffer()
            fold.write(name, finish: finish, usage: usage, to: &body)
            answer.write(json: body.readable, to: &outbox)
        }
    }

    /// One event: `[DONE]`, or a chunk.
    private mutating func take(
        _ data: Span<UInt8>, to outbox: inout Buffer
    ) throws(AnswerError) {
        if data.equals("[DONE]") {
            isDone = true
            return
        }
        let chunk = try ChatChunk(data)
        if let error = chunk.error {
            let text = data.extracting(error.range)
            throw .reported(isStaleKey: ProviderError.isStaleKey(text))
        }
        name.take(from: chunk, in: data)
        if let value = chunk.usage { usage = Usage(value, in: data) ?? usage }
        try takeText(chunk, in: data, to: &outbox)
        guard let value = chunk.finish, finish == nil else { return }
        let reason = try FinishReason(value, in: data)
        // A character that was cut and never ended is told before the end.
        if fields.finish() { try passOn(to: &outbox) }
        finish = reason
        if isStreaming { writeFinish(reason, to: &outbox) }
    }

    /// Opens the sealed fields of a chunk and passes them on as one event.
    private mutating func takeText(
        _ chunk: ChatChunk, in data: Span<UInt8>, to outbox: inout Buffer
    ) throws(AnswerError) {
        guard chunk.content != nil || chunk.reasoning != nil || chunk.reasoningContent != nil else {
            return
        }
        guard finish == nil else { throw .textAfterFinish }
        try open(chunk.reasoningContent, .reasoningContent, in: data)
        if !Self.areSame(chunk.reasoning, chunk.reasoningContent, in: data) {
            try open(chunk.reasoning, .reasoning, in: data)
        }
        fields.dropRepeatedReasoning()
        try open(chunk.content, .content, in: data)
        chunkCount += 1
        try passOn(to: &outbox)
    }

    /// Whether two fields hold one envelope, which opens once.
    private static func areSame(
        _ one: JSONValue?, _ other: JSONValue?, in data: Span<UInt8>
    ) -> Bool {
        guard let one, let other else { return false }
        return data.extracting(one.inside).equals(data.extracting(other.inside))
    }

    private mutating func open(
        _ value: JSONValue?, _ field: AnswerFields.Name, in data: Span<UInt8>
    ) throws(AnswerError) {
        guard let value else { return }
        var text = Buffer()
        swap(&text, &self.text)
        defer {
            text.clear()
            swap(&text, &self.text)
        }
        do throws(E2EEError) {
            // An envelope has no escapes: its digits stand between the quotes as they are.
            try opener.open(data.extracting(value.inside), into: &text)
        } catch {
            throw .envelope(error)
        }
        fields.append(text.readable, to: field)
    }

    /// Writes what the fields hold as one event, or folds it.
    private mutating func passOn(to outbox: inout Buffer) throws(AnswerError) {
        defer { fields.clear() }
        guard isStreaming else {
            fold.append(fields)
            guard fold.byteCount <= Self.foldByteCountMax else {
                throw .http(.bodyTooLarge(limit: Self.foldByteCountMax))
            }
            return
        }
        guard !fields.isEmpty else { return }
        commit(to: &outbox)
        answer.writeEvent(to: &outbox) { output in
            name.write("chat.completion.chunk", to: &output)
            output.append("[{\"index\":0,\"delta\":{")
            if !hasRole { output.append("\"role\":\"assistant\",") }
            fields.writeMembers(to: &output, withEmptyContent: !hasRole)
            output.append("},\"logprobs\":null,\"finish_reason\":null}]")
            writeSuffix(to: &output)
        }
        hasRole = true
    }

    private mutating func writeFinish(_ reason: FinishReason, to outbox: inout Buffer) {
        commit(to: &outbox)
        answer.writeEvent(to: &outbox) { output in
            name.write("chat.completion.chunk", to: &output)
            output.append("[{\"index\":0,\"delta\":{")
            if !hasRole { output.append("\"role\":\"assistant\",\"content\":\"\"") }
            output.append("},\"logprobs\":null,\"finish_reason\":\"")
            output.append(reason.rawValue)
            output.append("\"}]")
            writeSuffix(to: &output)
        }
        hasRole = true
    }

    private func writeUsage(_ usage: Usage, to outbox: inout Buffer) {
        answer.writeEvent(to: &outbox) { output in
            name.write("chat.completion.chunk", to: &output)
            output.append("[],\"usage\":")
            usage.write(to: &output)
            output.append("}" as StaticString)
        }
    }

    private mutating func commit(to outbox: inout Buffer) {
        guard !isCommitted else { return }
        isCommitted = true
        answer.beginStream(to: &outbox)
    }

    private func writeSuffix(to output: inout Buffer) {
        if includesUsage { output.append(",\"usage\":null") }
        output.append("}" as StaticString)
    }
}
