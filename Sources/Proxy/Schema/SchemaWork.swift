import Bytes

/// What one answer may cost in judgements: many calls are no way around the limit of one.
struct SchemaWork {
    static let stepCountMax = 1_000_000

    private var stepsLeft = SchemaWork.stepCountMax

    /// What `schema` says about `value`, or about it as the member `name` of an object.
    mutating func verdict(
        of schema: JSONSchema, on value: JSONValue, asMember name: Span<UInt8>? = nil,
        in bytes: Span<UInt8>
    ) -> SchemaVerdict {
        guard stepsLeft > 0 else { return .tooMuchWork }
        let outcome = schema.weighedVerdict(on: value, asMember: name, in: bytes)
        stepsLeft -= outcome.stepCount
        return outcome.verdict
    }
}
