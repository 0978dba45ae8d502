/// Why a schema is refused.
enum SchemaError: Error, Equatable, Sendable {
    /// More than `JSONSchema.byteCountMax` bytes, more values than `JSONSchema.valueCountMax`, or
    /// more work to read than a schema may be.
    case tooLarge
    /// Nested deeper than `JSONSchema.depthMax`, or more subschemas of one and the same value
    /// within each other than `JSONSchema.chainMax`.
    case tooDeep
    /// The root is neither an object nor a boolean.
    case notASchema
    /// The keyword has a value that it cannot have.
    case malformedKeyword(SchemaKeyword)
    /// A reference to a place that the schema does not have, or that is no schema.
    case unresolvedReference
    /// A reference to another document.
    case externalReference
    /// A subschema that is judged by itself, without a step into the value on the way.
    case cyclicReference
    /// To ignore the keyword would be to accept what the schema forbids.
    case unsupported(SchemaKeyword)
}
