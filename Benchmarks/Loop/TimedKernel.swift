import Bytes
import Glibc
import Reactor
import Synchronization

/// The longest turns of a loop, in CPU time of its thread: what others on the machine take is not
/// in it. Read by another thread.
final class TurnTimes: Sendable {
    private let turns = Mutex<[Int]>([])

    func note(_ nanoseconds: Int) { turns.withLock { $0.append(nanoseconds) } }

    /// The turns since this was last asked, shortest first.
    func take() -> [Int] {
        turns.withLock { turns in
            defer { turns = [] }
            return turns.sorted()
        }
    }
}

/// The real kernel, with a look at the thread's own clock around every wait.
struct TimedKernel: Kernel, ~Copyable {
    private var kernel: EpollKernel
    private let times: TurnTimes
    private var turnStart = 0

    init(_ times: TurnTimes) throws {
        kernel = try EpollKernel()
        self.times = times
    }

    mutating func wait(until deadline: Instant?) {
        if turnStart > 0 { times.note(Self.threadTime - turnStart) }
        kernel.wait(until: deadline)
        turnStart = Self.threadTime
    }

    private static var threadTime: Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    mutating func now() -> Instant { kernel.now() }
    mutating func wallClock() -> Int { kernel.wallClock() }
    mutating func listen(
        on address: SocketAddress, as token: Token
    ) throws(SystemError) -> SocketAddress { try kernel.listen(on: address, as: token) }
    mutating func connect(to address: SocketAddress, as token: Token) throws(SystemError) {
        try kernel.connect(to: address, as: token)
    }
    mutating func adopt(
        _ connection: AcceptedConnection, as token: Token
    ) throws(SystemError) { try kernel.adopt(connection, as: token) }
    mutating func receive(
        from token: Token, into wire: inout Buffer, atMost byteCountMax: Int
    ) -> ReceiveOutcome { kernel.receive(from: token, into: &wire, atMost: byteCountMax) }
    mutating func send(_ bytes: Span<UInt8>, on token: Token) -> SendOutcome {
        kernel.send(bytes, on: token)
    }
    mutating func setReceiving(_ isOn: Bool, on token: Token) {
        kernel.setReceiving(isOn, on: token)
    }
    mutating func finishSending(on token: Token) { kernel.finishSending(on: token) }
    mutating func close(_ token: Token) { kernel.close(token) }
    mutating func resolve(_ host: String, port: UInt16, as token: Token) {
        kernel.resolve(host, port: port, as: token)
    }
    mutating func perform(_ work: @escaping @Sendable () -> Void, as token: Token) {
        kernel.perform(work, as: token)
    }
    mutating func nextEvent() -> KernelEvent? { kernel.nextEvent() }
}
