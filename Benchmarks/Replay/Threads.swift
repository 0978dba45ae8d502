import E2EE
import Glibc
import Reactor
import Synchronization

/// Streams opened side by side, each on a thread and a core of its own.
enum Threads {
    /// - Returns: nanoseconds of wall time from the first that begins to the last that ends.
    static func run(_ threadCount: Int, _ count: Int, _ hasFreshKeys: Bool) throws -> Int {
        let state = State()
        for number in 0..<threadCount {
            let task = Task(number: number, count: count, hasFreshKeys: hasFreshKeys, state: state)
            try task.start()
        }
        while state.readyCount.load(ordering: .acquiring) < threadCount { sched_yield() }
        let start = ContinuousClock.now
        state.mayBegin.store(true, ordering: .releasing)
        while state.doneCount.load(ordering: .acquiring) < threadCount { usleep(200) }
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    }

    final class State: Sendable {
        let readyCount = Atomic(0)
        let mayBegin = Atomic(false)
        let doneCount = Atomic(0)
    }

    struct Task: Sendable {
        let number: Int
        let count: Int
        let hasFreshKeys: Bool
        let state: State

        func start() throws {
            try OperatingThread.start { run() }
        }

        private func run() {
            guard var recording = try? Recording(count, hasFreshKeys: hasFreshKeys) else {
                fatalError("no recording")
            }
            state.readyCount.add(1, ordering: .acquiringAndReleasing)
            while !state.mayBegin.load(ordering: .acquiring) {}
            _ = recording.relay()
            state.doneCount.add(1, ordering: .acquiringAndReleasing)
        }
    }
}
