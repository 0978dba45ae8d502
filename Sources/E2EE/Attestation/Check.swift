/// One check of a verification and how it ended, for the report to the user.
public struct Check: Equatable, Sendable {
    public enum Outcome: Equatable, Sendable {
        case passed
        /// Not a pass: nothing was looked at.
        case notRun(reason: String)
    }

    public let name: String
    public let outcome: Outcome

    init(_ name: String, _ outcome: Outcome) {
        self.name = name
        self.outcome = outcome
    }
}
