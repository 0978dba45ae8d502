import Bytes
import E2EE
import HTTP

/// One sealed request on its way, and the answer that comes back: the hot file. Each choice of a
/// reply has one attempt at a time; another follows where the provider refused the key, or where
/// the model did not give the form it was asked for.
///
/// Events come in as the provider cut them and leave as one narrow form that every client reads.
/// What does not open ends the answer; nothing unauthenticated is passed on.
struct Attempt: ~Copyable {
    static let eventByteCountMax = 8 * 1024 * 1024
    /// The longest answer that is folded into one JSON body.
    static let foldByteCountMax = 64 * 1024 * 1024

    /// How an attempt ends that did not fail.
    enum Ending {
        case complete
        /// The model is told what was wrong, and asked again.
        case again(Correction)
    }

    /// The client this attempt answers.
    let exchange: ExchangeID
    let key: PublicKey
    /// What the model was told of its answers so far.
    let corrections: [Correction]

    private var opener: Opener?
    /// Set for a request that was not sealed, which needs no opener.
    private var clear: ClearAnswer?
    private var events = Buffer()
    private var parser = EventParser(eventByteCountMax: Attempt.eventByteCountMax)
    private var joined = Buffer()
    /// One opened text, dead after it was added to the fields.
    private var text = Buffer()
    private var fields = AnswerFields()
    private(set) var choice: Choice
    private var usage: Usage?
    /// The provider said that nothing follows, or nothing that follows is wanted.
    private(set) var isDone = false

    init(
        for exchange: ExchangeID, choice: consuming Choice, key: PublicKey,
        opener: consuming Opener, corrections: [Correction] = []
    ) {
        self.exchange = exchange
        self.choice = choice
        self.key = key
        self.opener = consume opener
        self.corrections = corrections
    }

    /// An attempt that is not sealed.
    init(
        for exchange: ExchangeID, choice: consuming Choice, key: PublicKey,
        clear: consuming ClearAnswer
    ) {
        self.exchange = exchange
        self.choice = choice
        self.key = key
        self.clear = consume clear
        corrections = []
    }

    /// The model has said all it wanted to.
    var isFinished: Bool { choice.finish != nil || isFinishedInClear }

    private var isFinishedInClear: Bool {
        switch clear {
        case .some(let clear): clear.isFinished
        case .none: false
        }
    }

    /// Whether the answer comes in clear and whole, not as a stream.
    var isClearAndWhole: Bool {
        switch clear {
        case .some(let clear): !clear.isStreaming
        case .none: false
        }
    }

    /// Takes a piece of the provider's body and writes what it completes to `outbox`.
    mutating func relay(
        _ body: Span<UInt8>, reply: inout ChatReply, to outbox: inout Buffer
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
                try take(events.readable.extracting(range), reply: &reply, to: &outbox)
            case .joined:
                var joined = Buffer()
                swap(&joined, &self.joined)
                defer { swap(&joined, &self.joined) }
                try take(joined.readable, reply: &reply, to: &outbox)
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

    /// The provider's body has ended: completes the choice, and with the last of them the reply.
    /// - Throws: `.unfinished` where the stream ended before the model did; `.unusable`.
    mutating func end(
        reply: inout ChatReply, to outbox: inout Buffer
    ) throws(AnswerError) -> Ending {
        var events = Buffer()
        swap(&events, &self.events)
        if !isDone, parser.end(in: events.readable) { isDone = true }
        guard isFinished else { throw .unfinished }
        reply.add(usage)
        if reply.isStreaming {
            reply.endChoice()
        } else {
            if corrections.count < Correction.countMax, let correction = choice.correction() {
                return .again(correction)
            }
            if let failure = choice.failure { throw .unusable(failure) }
            let field = reply.reasoningField
            reply.endChoice(choice.index) { choice.write(field, to: &$0) }
        }
        if reply.isComplete { reply.end(to: &outbox) }
        return .complete
    }

    /// The whole answer to a request that was not sealed and wanted no stream.
    func end(
        with body: Span<UInt8>, reply: inout ChatReply, to outbox: inout Buffer
    ) throws(AnswerError) {
        var output = Buffer()
        try clear?.write(body, to: &output)
        reply.end(with: output.readable, to: &outbox)
    }

    /// One event: `[DONE]`, or a chunk.
    private mutating func take(
        _ data: Span<UInt8>, reply: inout ChatReply, to outbox: inout Buffer
    ) throws(AnswerError) {
        if data.equals("[DONE]") {
            isDone = true
            return
        }
        guard clear == nil else { return try clear!.take(data, reply: &reply, to: &outbox) }
        let chunk = try ChatChunk(data)
        if let error = chunk.error {
            let text = data.extracting(error.range)
            throw .reported(isStaleKey: ProviderError.isStaleKey(text))
        }
        reply.name.take(from: chunk, in: data)
        if let value = chunk.usage { usage = Usage(value, in: data) ?? usage }
        try takeText(chunk, in: data, reply: &reply, to: &outbox)
        guard !isFinished, let value = chunk.finish else { return }
        let reason = try FinishReason(value, in: data)
        // A character that was cut and never ended is told before the end.
        fields.finish()
        try passOn(reply: &reply, to: &outbox)
        if !isFinished { try choice.finish(reason, reply: &reply, to: &outbox) }
    }

    /// Opens the sealed fields of a chunk and passes them on.
    private mutating func takeText(
        _ chunk: ChatChunk, in data: Span<UInt8>, reply: inout ChatReply, to outbox: inout Buffer
    ) throws(AnswerError) {
        guard chunk.content != nil || chunk.reasoning != nil || chunk.reasoningContent != nil else {
            return
        }
        guard !isFinished else { throw .textAfterFinish }
        try open(chunk.reasoningContent, .reasoningContent, in: data)
        if !Self.areSame(chunk.reasoning, chunk.reasoningContent, in: data) {
            try open(chunk.reasoning, .reasoning, in: data)
        }
        fields.mergeThoughts()
        try open(chunk.content, .content, in: data)
        reply.chunkCount += 1
        try passOn(reply: &reply, to: &outbox)
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
            try opener?.open(data.extracting(value.inside), into: &text)
        } catch {
            throw .envelope(error)
        }
        fields.append(text.readable, to: field)
    }

    /// Hands the opened texts to the choice. Where it wants no more, the model is not waited for.
    private mutating func passOn(
        reply: inout ChatReply, to outbox: inout Buffer
    ) throws(AnswerError) {
        choice.take(fields, reply: &reply, to: &outbox)
        fields.clear()
        guard choice.heldByteCount + reply.foldedByteCount <= Self.foldByteCountMax else {
            throw .http(.bodyTooLarge(limit: Self.foldByteCountMax))
        }
        guard choice.isCut else { return }
        isDone = true
        try choice.finish(.stop, reply: &reply, to: &outbox)
    }
}
