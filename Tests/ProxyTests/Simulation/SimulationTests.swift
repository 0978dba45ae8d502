import Foundation
import Testing

/// The seeds to run: `SIMULATION_SEEDS=FIRST..LAST` in the environment, or the default.
private func chosenSeeds() -> ClosedRange<UInt64> {
    let text = ProcessInfo.processInfo.environment["SIMULATION_SEEDS"] ?? ""
    let bounds = text.split(separator: ".").compactMap { UInt64($0) }
    guard let first = bounds.first, let last = bounds.last, first <= last else { return 1...2000 }
    return first...last
}

@Suite struct `The proxy in a world that misbehaves by seed` {
    @Test func `every client gets its own answer whole, or one error, and nothing is left`() throws
    {
        for seed in chosenSeeds() {
            var run = try SimulationRun(seed: seed)
            do {
                _ = try run.run()
            } catch {
                Issue.record("seed \(seed): \(error)")
            }
        }
    }

    /// Seeds that once failed.
    @Test(arguments: [1, 1268] as [UInt64])
    func `a seed that failed once holds, and repeats byte for byte`(seed: UInt64) throws {
        var first = try SimulationRun(seed: seed)
        var second = try SimulationRun(seed: seed)
        let received = try first.run()
        #expect(try second.run() == received)
    }
}
