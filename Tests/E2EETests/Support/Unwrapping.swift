import Testing

/// What `#require` does, for values that are made of spans, which macros cannot carry.
func unwrap<Value>(
    _ value: Value?, sourceLocation: SourceLocation = #_sourceLocation
) throws -> Value {
    try #require(value, sourceLocation: sourceLocation)
}
