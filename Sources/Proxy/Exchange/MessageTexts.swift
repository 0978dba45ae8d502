import Bytes

/// Writes the texts of a conversation as the model is to read them, before they are sealed.
struct MessageTexts {
    /// The syntax of calls that the model was trained in.
    let format: ToolFormat
    /// Whether thoughts stay in earlier turns.
    var leavesThoughts = false

    /// Appends what the model is told of the functions it may call and of the form of its answer.
    func write(_ plan: AnswerPlan, to text: inout Buffer) {
        if let tools = plan.tools { format.write(tools, to: &text) }
        guard let output = plan.output else { return }
        if !text.isEmpty { text.append("\n\n") }
        output.write(to: &text)
    }

    /// Appends the text of one message.
    /// - `rules`: what a system message says beside its own text.
    func write(
        _ message: ChatMessage, adding rules: Span<UInt8>, from body: Span<UInt8>,
        to text: inout Buffer
    ) {
        if case .parts(let parts) = message.content, message.role != .assistant {
            return write(parts, adding: rules, from: body, to: &text)
        }
        writeWords(message, from: body, to: &text)
        for call in message.calls {
            if !text.isEmpty { text.append(.lineFeed) }
            write(call, from: body, to: &text)
        }
        if !rules.isEmpty {
            if !text.isEmpty { text.append("\n\n") }
            text.append(rules)
        }
        Self.keepAsText(&text)
    }

    /// The enclave restores a text that parses as an array to a content array; sent as the one part
    /// of an array it stays a text.
    static func keepAsText(_ text: inout Buffer) {
        guard isTakenForArray(text.readable) else { return }
        let words = Buffer(text.readable)
        text.clear()
        text.append("[{\"type\":\"text\",\"text\":")
        text.append(jsonString: words.readable)
        text.append("}]")
    }

    /// Appends what calls gave, in the order of the calls.
    func write(
        results: ArraySlice<ChatMessage>, from body: Span<UInt8>, to text: inout Buffer
    ) {
        for message in results.sorted(by: { $0.callIndex < $1.callIndex }) {
            if !text.isEmpty { text.append(.lineFeed) }
            var words = Buffer()
            writeWords(message, from: body, to: &words)
            format.write(result: words.readable, to: &text)
        }
    }

    private func write(
        _ call: ChatMessage.Call, from body: Span<UInt8>, to text: inout Buffer
    ) {
        var name = Buffer()
        JSONString.decode(call.name, in: body, to: &name)
        var arguments = Buffer()
        JSONString.decode(call.arguments, in: body, to: &arguments)
        if arguments.isEmpty { arguments.append("{}") }
        format.write(call: name.readable, arguments: arguments.readable, to: &text)
    }

    /// The texts of a message, without the thoughts of an earlier turn.
    private func writeWords(
        _ message: ChatMessage, from body: Span<UInt8>, to text: inout Buffer
    ) {
        var words = Buffer()
        switch message.content {
        case .empty: return
        case .text(let value): JSONString.decode(value, in: body, to: &words)
        case .parts(let parts):
            for case .text(let value) in parts { JSONString.decode(value, in: body, to: &words) }
        }
        var start = 0
        if message.role == .assistant, !leavesThoughts {
            start = ThinkSplitter.textStart(in: words.readable)
        }
        text.append(words.readable.extracting(start..<words.count))
    }

    /// Whether the enclave might read `text` as a JSON array. Readers differ in what they take for
    /// one, so an opening bracket is enough.
    private static func isTakenForArray(_ text: Span<UInt8>) -> Bool {
        var index = 0
        while index < text.count, text[index] <= .space { index += 1 }
        return index < text.count && text[index] == .ascii("[")
    }

    private func write(
        _ parts: [ChatMessage.Part], adding rules: Span<UInt8>, from body: Span<UInt8>,
        to text: inout Buffer
    ) {
        text.append(.ascii("["))
        for (index, part) in parts.enumerated() {
            if index > 0 { text.append(.comma) }
            switch part {
            case .text(let value):
                text.append("{\"type\":\"text\",\"text\":")
                text.append(body.extracting(value.range))
                text.append("}" as StaticString)
            case .image(let url, let detail):
                text.append("{\"type\":\"image_url\",\"image_url\":{\"url\":")
                text.append(body.extracting(url.range))
                if let detail {
                    text.append(",\"detail\":")
                    text.append(body.extracting(detail.range))
                }
                text.append("}}")
            case .audio(let audio):
                text.append("{\"type\":\"input_audio\",\"input_audio\":")
                audio.appendCompact(in: body, to: &text)
                text.append("}" as StaticString)
            }
        }
        if !rules.isEmpty {
            text.append(",{\"type\":\"text\",\"text\":")
            text.append(jsonString: rules)
            text.append("}" as StaticString)
        }
        text.append(.ascii("]"))
    }
}
