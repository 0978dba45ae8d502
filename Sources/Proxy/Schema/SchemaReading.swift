import Bytes

extension JSONSchema {
    /// A client's schema.
    /// - Throws: a 400 that says what about it cannot be held to.
    static func read(
        _ value: JSONValue, param: String, in body: Span<UInt8>
    ) throws(APIError) -> JSONSchema {
        do throws(SchemaError) { return try JSONSchema(body.extracting(value.range)) } catch {
            throw APIError(error, param: param)
        }
    }
}
extension APIError {
    init(_ error: SchemaError, param: String) {
        switch error {
        case .tooLarge: self = .badRequest("invalid_schema", "too large", param: param)
        }
    }
}
