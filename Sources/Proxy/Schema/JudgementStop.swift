/// Why a judgement stops before its end.
enum JudgementStop: Error, Equatable, Sendable {
    /// `entry` breaks `keyword`, whose value is `rule`: places in the two indexes.
    case fault(SchemaKeyword, entry: Int, rule: Int)
    case tooMuchWork
}
