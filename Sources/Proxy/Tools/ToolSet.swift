import Bytes

/// The functions a client has declared, and how they may be called. Their text is private: it is
/// held in buffers, which wipe it.
final class ToolSet: Sendable {
    enum Choice: Equatable {
        case auto, required
        /// The index of the one function that has to be called.
        case named(Int)
    }

    static let countMax = 128
    /// Names and values in all schemas together: each is kept as some 30 bytes.
    static let schemaValueCountMax = 32 * 1024
    /// Bytes of all schemas together.
    static let schemaByteCountMax = 512 * 1024
    /// Bytes of a function's name. Source: OpenAI API reference, function calling.
    static let nameByteCountMax = 64

    let tools: [Tool]
    let choice: Choice
    /// At most one call in an answer.
    let isSingle: Bool
    /// Declared and answered in the older fields, `functions` and `function_call`.
    let isLegacy: Bool

    init(tools: [Tool], choice: Choice, isSingle: Bool, isLegacy: Bool) {
        self.tools = tools
        self.choice = choice
        self.isSingle = isSingle
        self.isLegacy = isLegacy
    }

    /// Whether an answer without a call is none.
    var needsCall: Bool { choice != .auto }

    /// The declared function of exactly this name.
    func index(of name: Span<UInt8>) -> Int? {
        for index in tools.indices where tools[index].name.equals(name) { return index }
        return nil
    }

    /// Whether the model may call the function at `index` now.
    func allows(_ index: Int) -> Bool {
        if case .named(let only) = choice { return index == only }
        return true
    }
}

/// A function a model may call.
final class Tool: Sendable {
    let name: Buffer
    /// The declaration as one line of JSON: name, description, parameters.
    let declaration: Buffer
    /// Of the arguments; nil where the client gave none.
    let parameters: JSONSchema?

    init(name: consuming Buffer, declaration: consuming Buffer, parameters: JSONSchema?) {
        self.name = name
        self.declaration = declaration
        self.parameters = parameters
    }
}
