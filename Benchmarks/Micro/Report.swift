/// Runs one subject after another and prints what each costs.
struct Report {
    private let scale: Int
    private let clock = ContinuousClock()

    init(scale: Int) { self.scale = scale }

    /// Prints the least time of one call of `body`.
    /// - `count`: calls a round, so that a round is long against the clock.
    mutating func measure(
        _ name: String, count: Int, _ body: () throws -> Void
    ) rethrows {
        var least = Duration.seconds(3600)
        for _ in 0..<(5 * scale) {
            let start = clock.now
            for _ in 0..<count { try body() }
            least = min(least, clock.now - start)
        }
        let (seconds, attoseconds) = least.components
        let nanoseconds = Double(seconds) * 1e9 + Double(attoseconds) / 1e9
        let each = Int((nanoseconds / Double(count)).rounded())
        let padding = String(repeating: " ", count: max(1, 48 - name.count))
        print("\(name)\(padding)\(each) ns")
    }
}
