import Bytes

extension JSONSchema {
    /// A client's schema.
    /// - Throws: a 400 that says what about it cannot be held to.
    static func read(
        _ value: JSONValue, param: String, in body: Span<UInt8>
    ) throws(APIError) -> JSONSchema {
        do throws(SchemaError) { return try JSONSchema(body.extracting(value.range)) } catch {
            throw .badRequest("invalid_schema", error.reason, param: param)
        }
    }
}

extension SchemaError {
    /// Names keywords of the standard, never the client's text.
    fileprivate var reason: String {
        switch self {
        case .tooLarge:
            "The schema has more than \(JSONSchema.byteCountMax) bytes or too many parts."
        case .tooDeep: "The schema is nested deeper than \(JSONSchema.depthMax) levels."
        case .notASchema: "A schema is a JSON object."
        case .malformedKeyword(let keyword):
            "The schema's '\(keyword.name)' has a value that it cannot have."
        case .unresolvedReference: "The schema refers to a place that it does not have."
        case .externalReference: "The schema refers to another document."
        case .cyclicReference: "The schema refers to itself without an end."
        case .unsupported(let keyword): "The schema's '\(keyword.name)' cannot be held to."
        }
    }
}

extension JSONSchema {
    /// Longer rules are not quoted.
    private static let ruleByteCountMax = 200

    /// Appends where a value is wrong and by which rule, for the model alone.
    /// - `bytes`: the text the value was judged in.
    func write(_ verdict: SchemaVerdict, in bytes: Span<UInt8>, to output: inout Buffer) {
        guard case .invalid(let fault) = verdict else { return }
        output.append(" (at \"" as StaticString)
        fault.writePointer(in: bytes, to: &output)
        output.append("\": ")
        output.append(fault.keyword.name)
        if fault.rule.count <= Self.ruleByteCountMax {
            output.append(.space)
            writeRule(of: fault, to: &output)
        }
        output.append(")" as StaticString)
    }
}
