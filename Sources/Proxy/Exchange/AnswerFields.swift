import Bytes

/// The opened texts of one event: what the model thought and what it wrote. A character cut between
/// two events is held back until it is whole.
struct AnswerFields: ~Copyable {
    enum Name { case content, reasoning, reasoningContent }

    private struct Field: ~Copyable {
        var text = Buffer()
        var joiner = UTF8Joiner()
    }

    private var content = Field()
    private var reasoning = Field()
    private var reasoningContent = Field()

    var text: Span<UInt8> {
        @_lifetime(borrow self)
        get { content.text.readable }
    }

    /// Whatever name it came under, once `mergeThoughts` was called.
    var thoughts: Span<UInt8> {
        @_lifetime(borrow self)
        get { reasoningContent.text.readable }
    }

    mutating func append(_ text: Span<UInt8>, to name: Name) {
        switch name {
        case .content: content.joiner.append(text, to: &content.text)
        case .reasoning: reasoning.joiner.append(text, to: &reasoning.text)
        case .reasoningContent:
            reasoningContent.joiner.append(text, to: &reasoningContent.text)
        }
    }

    /// Some hosts write the same thoughts under both names; clients that read both would show them
    /// twice. Where the texts differ, both are kept, one after the other.
    mutating func mergeThoughts() {
        if !reasoning.text.equals(reasoningContent.text.readable) {
            reasoningContent.text.append(reasoning.text)
        }
        reasoning.text.clear()
    }

    /// Ends the texts: a character that was cut and never ended is told all the same.
    mutating func finish() {
        content.joiner.finish(to: &content.text)
        reasoning.joiner.finish(to: &reasoning.text)
        reasoningContent.joiner.finish(to: &reasoningContent.text)
        mergeThoughts()
    }

    mutating func clear() {
        content.text.clear()
        reasoning.text.clear()
        reasoningContent.text.clear()
    }
}
