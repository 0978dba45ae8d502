/// One check of a verification and how it ended, for the report to the user.
public struct Check: Equatable, Sendable {
    public enum Outcome: Equatable, Sendable {
        case passed
        /// Not a pass: nothing was looked at.
        case notRun(reason: String)
        case failed(AttestationError)
    }

    public let name: String
    public let outcome: Outcome
    /// What was seen, where that says more than the name: a status, a version, a measurement.
    public let detail: String?

    public var isFailed: Bool {
        switch outcome {
        case .failed: true
        case .passed, .notRun: false
        }
    }

    init(_ name: String, _ outcome: Outcome, detail: String? = nil) {
        self.name = name
        self.outcome = outcome
        self.detail = detail
    }
}
