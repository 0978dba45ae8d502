import Bytes

/// What one choice has said so far, for an answer that is given whole.
struct FoldedMessage: ~Copyable {
    private var thoughts = Buffer()
    private var content = Buffer()
    /// The calls, as JSON with commas between them.
    private var calls = Buffer()

    var byteCount: Int { thoughts.count + content.count + calls.count }
    var text: Span<UInt8> {
        @_lifetime(borrow self)
        get { content.readable }
    }

    mutating func append(thoughts: Span<UInt8>, text: Span<UInt8>) {
        self.thoughts.append(thoughts)
        content.append(text)
    }

    /// - `arguments`: a JSON object.
    mutating func append(
        call arguments: Span<UInt8>, of tool: Tool, id: String, isLegacy: Bool
    ) {
        if !calls.isEmpty { calls.append(.comma) }
        if !isLegacy {
            calls.append("{\"id\":")
            calls.append(jsonString: id)
            calls.append(",\"type\":\"function\",\"function\":")
        }
        calls.append("{\"name\":")
        calls.append(jsonString: tool.name)
        calls.append(",\"arguments\":")
        calls.append(jsonString: arguments)
        calls.append(isLegacy ? "}" as StaticString : "}}")
    }

    /// Appends the members of the message.
    func write(
        _ field: ReasoningField, isLegacy: Bool, hasCalls: Bool, to output: inout Buffer
    ) {
        if !thoughts.isEmpty {
            field.write(thoughts.readable, to: &output)
            output.append(.comma)
        }
        output.append("\"content\":")
        if hasCalls, content.readable.isBlank {
            output.append("null")
        } else {
            output.append(jsonString: content.readable)
        }
        output.append(",\"refusal\":null")
        guard hasCalls else { return }
        output.append(isLegacy ? ",\"function_call\":" : ",\"tool_calls\":[" as StaticString)
        output.append(calls.readable)
        if !isLegacy { output.append(.ascii("]")) }
    }
}

/// Calls in the deltas of a stream. Source: OpenAI API reference, chat completion chunks.
enum CallWriter {
    /// Appends the member that names the function.
    static func begin(
        _ number: Int, id: String, isLegacy: Bool, of tool: Tool, to output: inout Buffer
    ) {
        open(number, isLegacy, to: &output)
        if !isLegacy {
            output.append(",\"id\":")
            output.append(jsonString: id)
            output.append(",\"type\":\"function\",\"function\":{")
        }
        output.append("\"name\":")
        output.append(jsonString: tool.name)
        output.append(",\"arguments\":\"\"")
        close(isLegacy, to: &output)
    }

    /// Appends the member that holds the arguments.
    static func arguments(
        _ arguments: Span<UInt8>, of number: Int, isLegacy: Bool, to output: inout Buffer
    ) {
        open(number, isLegacy, to: &output)
        if !isLegacy { output.append(",\"function\":{") }
        output.append("\"arguments\":")
        output.append(jsonString: arguments)
        close(isLegacy, to: &output)
    }

    private static func open(_ number: Int, _ isLegacy: Bool, to output: inout Buffer) {
        guard !isLegacy else { return output.append("\"function_call\":{") }
        output.append("\"tool_calls\":[{\"index\":")
        output.append(decimal: number)
    }

    private static func close(_ isLegacy: Bool, to output: inout Buffer) {
        output.append(isLegacy ? "}" as StaticString : "}}]")
    }
}
