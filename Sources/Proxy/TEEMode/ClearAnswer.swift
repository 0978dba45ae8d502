import Bytes

/// The answer to a request that was not sealed: it passes as it is, but for the model's name, which
/// is the one the client asked for.
struct ClearAnswer: ~Copyable {
    /// What every such answer says of itself in its head.
    static let headFields: [(name: StaticString, value: String)] = [
        ("x-e2ee-encrypted", "no; the provider's front end can read request and answer")
    ]

    private let model: String
    let isStreaming: Bool
    private let choiceCount: Int
    /// Choices of which the model said why it stopped.
    private var finished: Set<Int> = []

    init(to request: ChatRequest) {
        model = request.model
        isStreaming = request.isStreaming
        choiceCount = request.clear?.choiceCount ?? 1
    }

    /// The model said of every choice why it stopped.
    var isFinished: Bool { finished.count >= choiceCount }

    /// Passes one event on.
    /// - Throws: `.notJSON`; `.reported` for an error event.
    mutating func take(
        _ data: Span<UInt8>, reply: inout ChatReply, to outbox: inout Buffer
    ) throws(AnswerError) {
        let root = try Self.checked(data)
        if let error = root.member("error", in: data), error.kind != .null {
            throw .reported(isStaleKey: false)
        }
        root.member("choices", in: data)?.forEachElement(in: data) { choice in
            guard choice.member("finish_reason", in: data)?.kind == .string else { return }
            finished.insert(choice.member("index", in: data)?.decimal(in: data) ?? 0)
        }
        let event = reply.beginEvent(to: &outbox)
        write(root, in: data, to: &outbox)
        reply.answer.end(event, to: &outbox)
        reply.chunkCount += 1
    }

    /// Appends an answer that is no stream.
    func write(_ body: Span<UInt8>, to output: inout Buffer) throws(AnswerError) {
        write(try Self.checked(body), in: body, to: &output)
    }

    private static func checked(_ data: Span<UInt8>) throws(AnswerError) -> JSONValue {
        guard let root = JSONDocument.checkedRoot(of: data), root.kind == .object else {
            throw .notJSON
        }
        return root
    }

    /// Appends the object with the other name in it, on one line.
    private func write(_ root: JSONValue, in data: Span<UInt8>, to output: inout Buffer) {
        output.append("{\"model\":")
        output.append(jsonString: model)
        root.forEachMember(in: data) { key, value in
            if JSONString.matches(key, "model", in: data) { return }
            output.append(.comma)
            output.append(data.extracting(key.range))
            output.append(.colon)
            value.appendCompact(in: data, to: &output)
        }
        output.append("}" as StaticString)
    }
}
