import Bytes

/// The opened texts of one event, by field. A character cut between two events is held back until
/// it is whole.
struct AnswerFields: ~Copyable {
    enum Name { case content, reasoning, reasoningContent }

    private struct Field: ~Copyable {
        var text = Buffer()
        var joiner = UTF8Joiner()
    }

    private var content = Field()
    private var reasoning = Field()
    private var reasoningContent = Field()

    var isEmpty: Bool {
        content.text.isEmpty && reasoning.text.isEmpty && reasoningContent.text.isEmpty
    }

    mutating func append(_ text: Span<UInt8>, to name: Name) {
        switch name {
        case .content: content.joiner.append(text, to: &content.text)
        case .reasoning: reasoning.joiner.append(text, to: &reasoning.text)
        case .reasoningContent:
            reasoningContent.joiner.append(text, to: &reasoningContent.text)
        }
    }

    /// Some hosts write the same reasoning under both names; clients that read both would show it
    /// twice. Where the texts differ, both are kept.
    mutating func dropRepeatedReasoning() {
        guard reasoning.text.readable.equals(reasoningContent.text.readable) else { return }
        reasoning.text.clear()
    }

    /// Ends the texts; true where a cut character was still held back.
    mutating func finish() -> Bool {
        content.joiner.finish(to: &content.text)
        reasoning.joiner.finish(to: &reasoning.text)
        reasoningContent.joiner.finish(to: &reasoningContent.text)
        dropRepeatedReasoning()
        return !isEmpty
    }

    mutating func clear() {
        content.text.clear()
        reasoning.text.clear()
        reasoningContent.text.clear()
    }

    /// Appends the members of a delta.
    /// - `withEmptyContent`: write `content` even where it is empty; some clients need it in the
    ///   first delta.
    func writeMembers(to output: inout Buffer, withEmptyContent: Bool) {
        var isFirst = true
        func member(_ name: StaticString, _ text: borrowing Buffer, to output: inout Buffer) {
            if !isFirst { output.append(.comma) }
            isFirst = false
            output.append(name)
            output.append(jsonString: text.readable)
        }
        if !reasoningContent.text.isEmpty {
            member("\"reasoning_content\":", reasoningContent.text, to: &output)
        }
        if !reasoning.text.isEmpty { member("\"reasoning\":", reasoning.text, to: &output) }
        if !content.text.isEmpty || withEmptyContent {
            member("\"content\":", content.text, to: &output)
        }
    }

    /// Appends each text to the one of the same name.
    func append(to other: inout AnswerFields) {
        other.content.text.append(content.text.readable)
        other.reasoning.text.append(reasoning.text.readable)
        other.reasoningContent.text.append(reasoningContent.text.readable)
    }

    var byteCount: Int {
        content.text.count + reasoning.text.count + reasoningContent.text.count
    }
}
