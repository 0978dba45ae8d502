import Bytes

/// One event of the provider's stream: where its parts stand. Every byte is checked, and looked at
/// once; members that are neither forwarded nor dangerous are passed over.
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
    private var hasChoice = false
    private var hasDelta = false

    /// - Throws: `.notJSON`, also where a member is named twice; `.clearText` where a member that
    ///   carries text in clear is not empty; `.tooManyChoices`.
    init(_ data: Span<UInt8>) throws(AnswerError) {
        var walk = Walk()
        guard try walk.kind(in: data) == .object else { throw .notJSON }
        try walk.beginObject(in: data)
        while let key = try walk.nextKey(in: data) {
            if JSONString.matches(key, "choices", in: data) {
                try takeChoices(&walk, in: data)
            } else {
                try takeTop(key, walk.value(in: data), in: data)
            }
        }
        try walk.end(in: data)
    }

    /// The cursor, for whom every fault is the same.
    private struct Walk {
        private var cursor = JSONCursor()

        mutating func kind(in data: Span<UInt8>) throws(AnswerError) -> JSONValue.Kind {
            do throws(JSONError) { return try cursor.kind(in: data) } catch { throw .notJSON }
        }

        mutating func value(in data: Span<UInt8>) throws(AnswerError) -> JSONValue {
            do throws(JSONError) { return try cursor.value(in: data) } catch { throw .notJSON }
        }

        mutating func beginObject(in data: Span<UInt8>) throws(AnswerError) {
            do throws(JSONError) { try cursor.beginObject(in: data) } catch { throw .notJSON }
        }

        mutating func beginArray(in data: Span<UInt8>) throws(AnswerError) {
            do throws(JSONError) { try cursor.beginArray(in: data) } catch { throw .notJSON }
        }

        mutating func nextKey(in data: Span<UInt8>) throws(AnswerError) -> JSONValue? {
            do throws(JSONError) { return try cursor.nextKey(in: data) } catch { throw .notJSON }
        }

        mutating func nextElement(in data: Span<UInt8>) throws(AnswerError) -> Bool {
            do throws(JSONError) { return try cursor.nextElement(in: data) } catch {
                throw .notJSON
            }
        }

        mutating func end(in data: Span<UInt8>) throws(AnswerError) {
            do throws(JSONError) { try cursor.end(in: data) } catch { throw .notJSON }
        }
    }

    private mutating func takeTop(
        _ key: JSONValue, _ value: JSONValue, in data: Span<UInt8>
    ) throws(AnswerError) {
        guard value.kind != .null else { return }
        if JSONString.matches(key, "id", in: data) {
            try Self.set(&id, value)
        } else if JSONString.matches(key, "created", in: data) {
            try Self.set(&created, value)
        } else if JSONString.matches(key, "usage", in: data) {
            try Self.set(&usage, value)
        } else if JSONString.matches(key, "error", in: data) {
            try Self.set(&error, value)
        }
    }

    private mutating func takeChoices(
        _ walk: inout Walk, in data: Span<UInt8>
    ) throws(AnswerError) {
        switch try walk.kind(in: data) {
        case .null: _ = try walk.value(in: data)
        case .array:
            try walk.beginArray(in: data)
            while try walk.nextElement(in: data) {
                guard !hasChoice else { throw .tooManyChoices }
                hasChoice = true
                guard try walk.kind(in: data) == .object else { throw .notJSON }
                try walk.beginObject(in: data)
                while let key = try walk.nextKey(in: data) {
                    if JSONString.matches(key, "delta", in: data) {
                        try takeDelta(&walk, in: data)
                    } else {
                        try takeChoice(key, walk.value(in: data), in: data)
                    }
                }
            }
        default: throw .notJSON
        }
    }

    private mutating func takeDelta(
        _ walk: inout Walk, in data: Span<UInt8>
    ) throws(AnswerError) {
        guard !hasDelta else { throw .notJSON }
        hasDelta = true
        switch try walk.kind(in: data) {
        case .null: _ = try walk.value(in: data)
        case .object:
            try walk.beginObject(in: data)
            while let key = try walk.nextKey(in: data) {
                try takeDelta(key, walk.value(in: data), in: data)
            }
        default: throw .notJSON
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
