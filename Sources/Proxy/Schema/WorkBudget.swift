/// The work that may still be done. A step is about what it costs to look at one member, or at
/// `byteCountPerStep` bytes.
struct WorkBudget: Sendable {
    static let byteCountPerStep = 16

    let stepCountMax: Int
    private(set) var stepCount = 0

    init(stepCountMax: Int) {
        self.stepCountMax = stepCountMax
    }

    /// - Throws: `.tooMuchWork` when there are fewer steps left; then none are.
    mutating func spend(_ steps: Int = 1) throws(JudgementStop) {
        guard steps <= stepCountMax - stepCount else {
            stepCount = stepCountMax
            throw .tooMuchWork
        }
        stepCount += steps
    }

    /// Spends what it costs to look at so many bytes.
    mutating func spend(byteCount: Int) throws(JudgementStop) {
        try spend(1 + byteCount / Self.byteCountPerStep)
    }
}
