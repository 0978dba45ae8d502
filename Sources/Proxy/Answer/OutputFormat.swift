import Bytes

/// The form in which a client wants the whole answer: one JSON value, of a schema or any object.
final class OutputFormat: Sendable {
    static let jsonByteCountMax = 16 * 1024 * 1024

    /// Nil for any object.
    private let schema: JSONSchema?
    /// The schema as one line of JSON, and what the client says of it.
    private let schemaText: Buffer
    private let description: Buffer

    /// - `value`: `response_format`.
    /// - Returns: nil for text.
    /// - Throws: a 400.
    init?(_ value: JSONValue, in body: Span<UInt8>) throws(APIError) {
        guard value.kind != .null else { return nil }
        guard let type = value.member("type", in: body), type.kind == .string else {
            throw .badRequest(
                "invalid_type", "'response_format' needs a type.", param: "response_format")
        }
        var schema: JSONSchema?
        var schemaText = Buffer()
        var description = Buffer()
        if type.says("text", in: body) { return nil }
        if type.says("json_schema", in: body) {
            let param = "response_format.json_schema"
            guard let holder = value.member("json_schema", in: body),
                let text = holder.member("schema", in: body), text.kind == .object
            else {
                throw .badRequest("invalid_type", "'\(param)' needs a schema.", param: param)
            }
            schema = try JSONSchema.read(text, param: "\(param).schema", in: body)
            text.appendCompact(in: body, to: &schemaText)
            if let words = holder.member("description", in: body), words.kind == .string {
                JSONString.decode(words, in: body, to: &description)
            }
        } else if !type.says("json_object", in: body) {
            throw .badRequest(
                "invalid_value", "The type must be text, json_object or json_schema.",
                param: "response_format.type")
        }
        self.schema = schema
        self.schemaText = schemaText
        self.description = description
    }

    /// Appends what the model is told of the form.
    func write(to output: inout Buffer) {
        output.append("# Output\n\n")
        guard !schemaText.isEmpty else {
            return output.append("Answer with one JSON object and nothing else: no code fence.")
        }
        output.append("Answer with one JSON value and nothing else: no code fence, no words ")
        output.append("around it. It has to be valid for this JSON Schema:\n<schema>\n")
        output.append(schemaText)
        output.append("\n</schema>")
        guard !description.isEmpty else { return }
        output.append(.lineFeed)
        output.append(description)
    }

    /// What keeps `answer` from being of this form; nil where it is.
    /// - `place`: gets what is wrong where, for the model.
    func fault(in answer: Span<UInt8>, place: inout Buffer) -> OutputFault? {
        guard answer.count <= Self.jsonByteCountMax else { return .notJSON }
        guard let root = JSONDocument.checkedRoot(of: answer) else { return .notJSON }
        guard let schema else { return root.kind == .object ? nil : .notObject }
        let verdict = schema.verdict(on: root, in: answer)
        guard verdict != .valid else { return nil }
        schema.write(verdict, in: answer, to: &place)
        return .schema
    }
}
