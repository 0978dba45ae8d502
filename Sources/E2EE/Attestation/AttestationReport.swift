/// What came of verifying one model's evidence: every check there is, in the order they were made,
/// and the key where all that had to hold did.
public struct AttestationReport: Sendable {
    public let model: String
    public let level: VerificationLevel
    /// Every check, also those that were not run.
    public internal(set) var checks: [Check] = []
    /// What refused the evidence; nil where a key is.
    public internal(set) var failure: AttestationError?
    public internal(set) var key: VerifiedKey?
    /// The verdict on the quote; nil at level `binding`, and where it was not reached.
    public internal(set) var quote: QuoteVerdict?
    /// The verdict on GPU evidence; nil where there is none that can be read, and where it was not
    /// reached.
    public internal(set) var gpu: GPUVerdict?

    /// What was measured of the software; nil at level `binding`, and where no genuine quote was.
    public internal(set) var measurements: Measurements?
    /// What was put up with.
    public internal(set) var warnings: [AttestationWarning] = []
    /// Where the software differs from what is pinned.
    public internal(set) var mismatches: [PinMismatch] = []
    /// The pins that would settle all of `mismatches`, for a user who knows better.
    public internal(set) var approval: Pins?

    private var running: String?

    init(model: String, level: VerificationLevel) {
        self.model = model
        self.level = level
    }

    /// The report on evidence that could not even be read.
    public init(refusing model: String, _ error: AttestationError) {
        self.init(model: model, level: .full)
        failure = error
        checks = [Check("reply read", .failed(error))]
    }

    /// The key.
    /// - Throws: what refused the evidence.
    public func verifiedKey() throws(AttestationError) -> VerifiedKey {
        if let key { return key }
        throw failure ?? .notVerified
    }

    /// The check that runs from here on; the one before it has passed.
    mutating func begin(_ name: String) {
        finish()
        running = name
    }

    /// The check that runs has passed.
    mutating func finish(detail: String? = nil) {
        if let running { checks.append(Check(running, .passed, detail: detail)) }
        running = nil
    }

    /// The check that runs has failed, and the evidence is refused.
    mutating func fail(_ error: AttestationError) {
        failure = failure ?? error
        if let running { checks.append(Check(running, .failed(error))) }
        running = nil
    }

    /// The check that runs has failed, and refuses nothing.
    mutating func note(_ error: AttestationError) {
        if let running { checks.append(Check(running, .failed(error))) }
        running = nil
    }

    /// The check that runs comes to no result.
    mutating func passOver(because reason: String) {
        if let running { checks.append(Check(running, .notRun(reason: reason))) }
        running = nil
    }

    mutating func skip(_ name: String, because reason: String) {
        finish()
        checks.append(Check(name, .notRun(reason: reason)))
    }

    /// Adds what the quote's verdict says, step by step.
    mutating func add(_ verdict: QuoteVerdict) {
        finish()
        quote = verdict
        checks += verdict.completed.map { step in
            let isStatus = step == .tcbStatus || step == .tcbLevel
            return Check(step.rawValue, .passed, detail: isStatus ? verdict.status?.rawValue : nil)
        }
        if let failure = verdict.failure {
            let step = QuoteVerdict.Step.allCases.first { !verdict.completed.contains($0) }
            checks.append(Check(step?.rawValue ?? "quote", .failed(failure)))
        }
    }
}
