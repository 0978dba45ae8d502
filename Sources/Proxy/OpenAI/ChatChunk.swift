import Bytes

/// One event of the provider's stream: where its parts stand. Every byte is checked; members that
/// are neither forwarded nor dangerous are passed over.
struct ChatChunk {
    var id: JSONValue?
    var created: JSONValue?
    var usage: JSONValue?
    /// Set for an error event.
    var error: JSONValue?
    /// The sealed fields of the one choice's delta; nil where one is null, missing or empty.
    var content: JSONValue?
    var reasoning: JSONValue?
    var reasoningContent: JSONValue?
    var finish: JSONValue?
    private var choice: JSONValue?

    /// - Throws: `.notJSON`, also where a member is named twice; `.clearText` where a member that
    ///   carries text in clear is not empty; `.tooManyChoices`.
    init(_ data: Span<UInt8>) throws(AnswerError) {
        do throws(JSONError) {
            var cursor = JSONCursor()
            _ = try cursor.value(in: data)
            try cursor.end(in: data)
        } catch {
            throw .notJSON
        }
        guard let root = JSONDocument.root(of: data), root.kind == .object else { throw .notJSON }
        try root.forEachMember(in: data) { (key, value) throws(AnswerError) in
            try takeTop(key, value, in: data)
        }
        guard let choice else { return }
        var delta: JSONValue?
        try choice.forEachMember(in: data) { (key, value) throws(AnswerError) in
            if JSONString.matches(key, "delta", in: data) {
                guard value.kind == .object || value.kind == .null else { throw .notJSON }
                try Self.set(&delta, value)
            } else {
                try takeChoice(key, value, in: data)
            }
        }
        try delta?.forEachMember(in: data) { (key, value) throws(AnswerError) in
            try takeDelta(key, value, in: data)
        }
    }

    private mutating func takeTop(
        _ key: JSONValue, _ value: JSONValue, in data: Span<UInt8>
    ) throws(AnswerError) {
        guard value.kind != .null else { return }
        if JSONString.matches(key, "choices", in: data) {
            guard value.kind == .array else { throw .notJSON }
            try value.forEachElement(in: data) { (element) throws(AnswerError) in
                guard choice == nil else { throw .tooManyChoices }
                guard element.kind == .object else { throw .notJSON }
                choice = element
            }
        } else if JSONString.matches(key, "id", in: data) {
            try Self.set(&id, value)
        } else if JSONString.matches(key, "created", in: data) {
            try Self.set(&created, value)
        } else if JSONString.matches(key, "usage", in: data) {
            try Self.set(&usage, value)
        } else if JSONString.matches(key, "error", in: data) {
            try Self.set(&error, value)
        }
    }

    private mutating func takeChoice(
        _ key: JSONValue, _ value: JSONValue, in data: Span<UInt8>
    ) throws(AnswerError) {
        guard value.kind != .null else { return }
        if JSONString.matches(key, "finish_reason", in: data) {
            guard value.kind == .string else { throw .badFinish }
            try Self.set(&finish, value)
        } else if JSONString.matches(key, "index", in: data) {
            guard data.extracting(value.range).equals("0") else { throw .tooManyChoices }
        } else if JSONString.matches(key, "logprobs", in: data) {
            guard Self.isEmpty(value, in: data) else { throw .clearText }
        }
    }

    private mutating func takeDelta(
        _ key: JSONValue, _ value: JSONValue, in data: Span<UInt8>
    ) throws(AnswerError) {
        guard value.kind != .null else { return }
        if JSONString.matches(key, "content", in: data) {
            try Self.setSealed(&content, value)
        } else if JSONString.matches(key, "reasoning_content", in: data) {
            try Self.setSealed(&reasoningContent, value)
        } else if JSONString.matches(key, "reasoning", in: data) {
            try Self.setSealed(&reasoning, value)
        } else if Self.carriesText(key, in: data) {
            guard Self.isEmpty(value, in: data) else { throw .clearText }
        }
    }

    private static func set(_ field: inout JSONValue?, _ value: JSONValue) throws(AnswerError) {
        guard field == nil else { throw .notJSON }
        field = value
    }

    private static func setSealed(
        _ field: inout JSONValue?, _ value: JSONValue
    ) throws(AnswerError) {
        guard value.kind == .string else { throw .clearText }
        guard !value.inside.isEmpty else { return }
        try set(&field, value)
    }

    /// The members of a delta in which a model's output could stand in clear.
    private static let clearMembers: [StaticString] = [
        "tool_calls", "function_call", "refusal", "annotations", "audio", "images",
        "reasoning_details", "logprobs", "thinking_blocks", "reasoning_items",
    ]

    private static func carriesText(_ key: JSONValue, in data: Span<UInt8>) -> Bool {
        clearMembers.contains { JSONString.matches(key, $0, in: data) }
    }

    private static func isEmpty(_ value: JSONValue, in data: Span<UInt8>) -> Bool {
        switch value.kind {
        case .null, .bool(false): true
        case .string: value.inside.isEmpty
        case .array, .object: Parameters.Harmless.empty.covers(value, in: data)
        case .number, .bool(true): false
        }
    }
}
