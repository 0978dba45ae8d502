import Bytes

/// The answer a client gets to one chat: what its choices have in common. Chunks of a stream leave
/// as they come; choices of a folded answer wait for the last of them.
struct ChatReply: ~Copyable {
    let answer: ClientAnswer
    let isStreaming: Bool
    let reasoningField: ReasoningField
    private let includesUsage: Bool
    private let choiceCount: Int

    /// Taken over from the provider's first chunk, before anything is written.
    var name: AnswerName
    private var chunkStart = Buffer()
    /// The head of a streamed answer has been written: from here on errors travel as events.
    private(set) var isCommitted = false
    /// Pieces of text that were opened.
    var chunkCount = 0
    private var usage: Usage?
    /// An attempt ended before its tokens were counted.
    private var isUsageUnknown = false
    private var endedCount = 0
    /// Folded choices in the order in which they ended, and where each stands.
    private var folded = Buffer()
    private var foldedRanges: [(index: Int, range: Range<Int>)] = []

    init(
        to request: ChatRequest, answer: ClientAnswer, created: Int, reasoningField: ReasoningField
    ) {
        self.answer = answer
        self.reasoningField = reasoningField
        isStreaming = request.isStreaming
        includesUsage = request.includesUsage
        choiceCount = request.choiceCount
        name = AnswerName(
            id: "chatcmpl-\(answer.requestID)", created: created, model: request.model)
    }

    /// Every choice has ended.
    var isComplete: Bool { endedCount == choiceCount }

    /// Bytes of the choices that have ended.
    var foldedByteCount: Int { folded.count }

    /// Begins an event of a stream, the first with its head.
    mutating func beginEvent(to outbox: inout Buffer) -> ClientAnswer.Event {
        if !isCommitted {
            isCommitted = true
            answer.beginStream(to: &outbox)
        }
        return answer.beginEvent(to: &outbox)
    }

    /// Begins a chunk of one choice, up to the members of its delta.
    mutating func beginChunk(of index: Int, to outbox: inout Buffer) -> ClientAnswer.Event {
        let event = beginEvent(to: &outbox)
        // The same in every chunk: written once.
        if chunkStart.isEmpty {
            name.write("chat.completion.chunk", to: &chunkStart)
            chunkStart.append("[{\"index\":")
        }
        outbox.append(chunkStart)
        outbox.append(decimal: index)
        outbox.append(",\"delta\":{")
        return event
    }

    /// Ends a chunk behind the members of its delta.
    func endChunk(
        _ event: ClientAnswer.Event, finish: FinishReason? = nil, to outbox: inout Buffer
    ) {
        outbox.append("},\"logprobs\":null,\"finish_reason\":")
        if let finish {
            outbox.append(.quote)
            outbox.append(finish.rawValue)
            outbox.append("\"}]")
        } else {
            outbox.append("null}]")
        }
        if includesUsage { outbox.append(",\"usage\":null") }
        outbox.append("}" as StaticString)
        answer.end(event, to: &outbox)
    }

    /// Counts the tokens of an attempt; nil where it ended before it told them.
    mutating func add(_ usage: Usage?) {
        guard let usage else { return isUsageUnknown = true }
        self.usage = self.usage?.adding(usage) ?? usage
    }

    /// A choice of a streamed answer has ended.
    mutating func endChoice() { endedCount += 1 }

    /// A choice of a folded answer has ended; `write` writes it.
    mutating func endChoice(_ index: Int, _ write: (inout Buffer) -> Void) {
        endedCount += 1
        let start = folded.count
        write(&folded)
        foldedRanges.append((index, start..<folded.count))
    }

    /// Writes an answer whose only choice is already an object.
    mutating func end(with body: Span<UInt8>, to outbox: inout Buffer) {
        endedCount = choiceCount
        answer.write(json: body, to: &outbox)
    }

    /// Writes the end of an answer whose choices have ended.
    func end(to outbox: inout Buffer) {
        let usage = isUsageUnknown ? nil : self.usage
        guard isStreaming else { return writeFolded(usage, to: &outbox) }
        if includesUsage, let usage {
            let event = answer.beginEvent(to: &outbox)
            name.write("chat.completion.chunk", to: &outbox)
            outbox.append("[],\"usage\":")
            usage.write(to: &outbox)
            outbox.append("}" as StaticString)
            answer.end(event, to: &outbox)
        }
        answer.endStream(to: &outbox)
    }

    private func writeFolded(_ usage: Usage?, to outbox: inout Buffer) {
        var body = Buffer()
        name.write("chat.completion", to: &body)
        var separator = UInt8.ascii("[")
        for (_, range) in foldedRanges.sorted(by: { $0.index < $1.index }) {
            body.append(separator)
            separator = .comma
            body.append(folded.readable.extracting(range))
        }
        body.append(.ascii("]"))
        if let usage {
            body.append(",\"usage\":")
            usage.write(to: &body)
        }
        body.append("}" as StaticString)
        answer.write(json: body.readable, to: &outbox)
    }
}

/// The member of a message in which a client looks for the model's thoughts.
enum ReasoningField: String, Sendable {
    case reasoningContent = "reasoning_content"
    case reasoning
    case both

    /// Appends the thoughts as one member or two.
    func write(_ thoughts: Span<UInt8>, to output: inout Buffer) {
        if self != .reasoning {
            output.append("\"reasoning_content\":")
            output.append(jsonString: thoughts)
        }
        if self == .both { output.append(.comma) }
        if self != .reasoningContent {
            output.append("\"reasoning\":")
            output.append(jsonString: thoughts)
        }
    }
}
