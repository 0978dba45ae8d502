import CLinux
import Glibc
import Synchronization

/// A thread that does what would hold up the loop, one piece after the other. What is done is
/// announced on a descriptor the loop waits on.
final class Worker<Task: Sendable, Outcome: Sendable>: Sendable {
    private struct State {
        var tasks: [Task] = []
        var done: [(task: Task, outcome: Outcome)] = []
    }

    private let state = Mutex(State())
    private let perform: @Sendable (Task) -> Outcome
    private let isSame: @Sendable (Task, Task) -> Bool
    /// Counts what the thread has to look at.
    private let tasksWaiting: CInt
    /// Readable while outcomes wait for the loop.
    let descriptor: CInt

    /// - `isSame`: whether the outcome of one task, which has just been done, is that of another.
    /// - `perform`: what is done, on the thread; it may block.
    init(
        isSame: @escaping @Sendable (Task, Task) -> Bool = { _, _ in false },
        perform: @escaping @Sendable (Task) -> Outcome
    ) throws(SystemError) {
        self.perform = perform
        self.isSame = isSame
        descriptor = eventfd(0, CInt(EFD_NONBLOCK | EFD_CLOEXEC))
        tasksWaiting = eventfd(0, CInt(EFD_CLOEXEC | EFD_SEMAPHORE))
        guard descriptor >= 0, tasksWaiting >= 0 else { throw .last("eventfd") }
        let waiting = tasksWaiting
        weak let worker = self
        try OperatingThread.start {
            var count: UInt64 = 0
            // The worker is held only while it works: its owner decides how long it lives.
            while unsafe eventfd_read(waiting, &count) == 0 {
                guard let worker else { break }
                worker.performOne()
            }
            close(waiting)
        }
    }

    deinit {
        close(descriptor)
        // The thread closes `tasksWaiting` itself: it may be waiting on it now.
        _ = eventfd_write(tasksWaiting, 1)
    }

    func add(_ task: Task) {
        state.withLock { $0.tasks.append(task) }
        _ = eventfd_write(tasksWaiting, 1)
    }

    /// What was done since this was last asked, in its order.
    func takeDone() -> [(task: Task, outcome: Outcome)] {
        var count: UInt64 = 0
        _ = unsafe eventfd_read(descriptor, &count)
        return state.withLock { state in
            defer { state.done = [] }
            return state.done
        }
    }

    private func performOne() {
        let task = state.withLock { $0.tasks.isEmpty ? nil : $0.tasks.removeFirst() }
        guard let task else { return }
        let outcome = perform(task)
        state.withLock { state in
            let alike = [task] + state.tasks.filter { isSame(task, $0) }
            state.tasks.removeAll { isSame(task, $0) }
            state.done += alike.map { ($0, outcome) }
        }
        _ = eventfd_write(descriptor, 1)
    }
}
