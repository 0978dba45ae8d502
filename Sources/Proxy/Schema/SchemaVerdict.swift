/// What a schema says about a value.
enum SchemaVerdict: Equatable, Sendable {
    case valid
    case invalid(SchemaFault)
    /// The value could not be judged within `JSONSchema.stepCountMax` steps and
    /// `JSONSchema.judgementDepthMax` levels, or is no JSON: to be treated as invalid.
    case tooMuchWork
}
