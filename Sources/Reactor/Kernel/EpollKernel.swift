public import Bytes
import CLinux
import Glibc

/// The real kernel through level-triggered epoll. Every descriptor is registered once; only a short
/// send, a paused stream or exhausted descriptors change a registration.
@safe public struct EpollKernel: Kernel, ~Copyable {
    private static var readyCountMax: Int { 256 }
    /// Connections taken from one listener in one turn.
    private static var acceptCountMax: Int { 64 }
    private static var backlog: CInt { 1024 }
    /// How long accepting rests when the process is out of descriptors.
    private static var acceptRest: Duration { .milliseconds(100) }

    private struct Job: Sendable {
        let token: Token
        let work: @Sendable () -> Void
    }

    private enum Role { case listener, connecting, stream }

    private struct Entry: ~Copyable {
        let descriptor: Descriptor
        var role: Role
        /// What epoll reports of the descriptor now.
        var interest: UInt32
        var isReceiving = true
        var isWaitingForRoom = false
    }

    private let epoll: Descriptor
    private let signals: Descriptor
    private let resolver: NameResolver
    private let worker: Worker<Job, Void>
    private let ready: UnsafeMutablePointer<epoll_event>
    private var readyCount = 0
    private var readyIndex = 0
    private var entries = SideTable<Entry>()
    private var acceptBudget = 0
    /// Listeners that rest until then, because the process ran out of descriptors.
    private var resting: [Token] = []
    private var restEnds: Instant?
    /// What was found or done off this thread, last first.
    private var answers: [KernelEvent] = []

    private static var signalMark: UInt64 { .max - 1 }
    private static var resolverMark: UInt64 { .max - 2 }
    private static var workerMark: UInt64 { .max - 3 }

    /// - `takesSignals`: interrupt, terminate and hang-up are blocked for this thread and those it
    ///   makes later, and arrive as events. One kernel of a process takes them.
    /// - Throws: the call that failed; the process is then out of descriptors or memory.
    public init(takesSignals: Bool = false) throws(SystemError) {
        cl_ignore_sigpipe()
        let signalDescriptor =
            takesSignals
            ? cl_signal_descriptor(SIGINT, SIGTERM, SIGHUP) : cl_signal_descriptor(0, 0, 0)
        guard signalDescriptor >= 0 else { throw .last("signalfd") }
        let signals = Descriptor(adopting: signalDescriptor)
        let epollDescriptor = epoll_create1(CInt(EPOLL_CLOEXEC))
        guard epollDescriptor >= 0 else { throw .last("epoll_create1") }
        let epoll = Descriptor(adopting: epollDescriptor)
        let resolver = try NameResolver()
        let worker = try Worker<Job, Void> { $0.work() }
        let readable = EPOLLIN.rawValue
        try Self.control(epoll, EPOLL_CTL_ADD, signalDescriptor, readable, Self.signalMark)
        try Self.control(epoll, EPOLL_CTL_ADD, resolver.descriptor, readable, Self.resolverMark)
        try Self.control(epoll, EPOLL_CTL_ADD, worker.descriptor, readable, Self.workerMark)
        self.signals = signals
        self.epoll = epoll
        self.resolver = resolver
        self.worker = worker
        unsafe ready = .allocate(capacity: Self.readyCountMax)
    }

    deinit {
        unsafe ready.deallocate()
    }

    public mutating func now() -> Instant { .current() }
    public mutating func wallClock() -> Int { time(nil) }

    // MARK: Streams

    public mutating func listen(
        on address: SocketAddress, as token: Token
    ) throws(SystemError) -> SocketAddress {
        let socket = try ListeningSocket(on: address, backlog: Self.backlog)
        let bound = socket.bound
        try register(socket.descriptor, as: token, role: .listener, interest: EPOLLIN.rawValue)
        return bound
    }

    public mutating func connect(to address: SocketAddress, as token: Token) throws(SystemError) {
        let descriptor = try StreamSocket.connecting(to: address)
        try register(descriptor, as: token, role: .connecting, interest: EPOLLOUT.rawValue)
    }

    public mutating func adopt(
        _ connection: AcceptedConnection, as token: Token
    ) throws(SystemError) {
        let descriptor = Descriptor(adopting: connection.handle)
        StreamSocket.sendAtOnce(descriptor)
        try register(descriptor, as: token, role: .stream, interest: EPOLLIN.rawValue)
    }

    public mutating func receive(
        from token: Token, into wire: inout Buffer, atMost byteCountMax: Int
    ) -> ReceiveOutcome {
        guard let descriptor = descriptor(of: token) else { return .nothing }
        var outcome = ReceiveOutcome.nothing
        wire.append(atMost: byteCountMax) { room in
            let count = unsafe room.withUnsafeMutableBytes { room in
                unsafe recv(descriptor, room.baseAddress, room.count, 0)
            }
            switch count {
            case 1...: outcome = .received(byteCount: count)
            case 0: outcome = .ended
            default:
                guard errno != EAGAIN, errno != EINTR else { break }
                outcome = .failed(.last("recv"))
            }
            return max(count, 0)
        }
        return outcome
    }

    public mutating func send(_ bytes: Span<UInt8>, on token: Token) -> SendOutcome {
        guard let descriptor = descriptor(of: token) else { return .sent(byteCount: 0) }
        let count = unsafe bytes.withUnsafeBytes { bytes in
            unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
        }
        if count < 0, errno != EAGAIN, errno != EINTR { return .failed(.last("send")) }
        let sent = max(count, 0)
        if sent < bytes.count { change(token) { $0.isWaitingForRoom = true } }
        return .sent(byteCount: sent)
    }

    public mutating func setReceiving(_ isOn: Bool, on token: Token) {
        change(token) { $0.isReceiving = isOn }
    }

    public mutating func finishSending(on token: Token) {
        guard let descriptor = descriptor(of: token) else { return }
        shutdown(descriptor, CInt(SHUT_WR))
    }

    public mutating func close(_ token: Token) {
        guard entries.remove(token) != nil else { return }
        // A descriptor is free again: listeners that rested for want of one may go on.
        if restEnds != nil { restEnds = Instant(nanoseconds: 0) }
    }

    public mutating func resolve(_ host: String, port: UInt16, as token: Token) {
        if let address = SocketAddress(literal: host, port: port) {
            answers.append(.resolved(token, [address]))
        } else {
            resolver.add(NameQuestion(host: host, port: port, token: token))
        }
    }

    public mutating func perform(_ work: @escaping @Sendable () -> Void, as token: Token) {
        worker.add(Job(token: token, work: work))
    }

    // MARK: Waiting

    public mutating func wait(until deadline: Instant?) {
        let earliest = [deadline, restEnds].compactMap { $0 }.min()
        readyIndex = 0
        acceptBudget = Self.acceptCountMax
        let timeout = answers.isEmpty ? timeout(until: earliest) : 0
        let count = unsafe epoll_wait(epoll.raw, ready, CInt(Self.readyCountMax), timeout)
        readyCount = Int(max(count, 0))
        if let restEnds, restEnds <= now() { wakeListeners() }
    }

    /// Milliseconds for epoll, rounded up so that a deadline has passed when the wait is over.
    private mutating func timeout(until deadline: Instant?) -> CInt {
        guard let deadline else { return -1 }
        let left = (deadline - now()).nanoseconds
        guard left > 0 else { return 0 }
        return CInt(min((left - 1) / 1_000_000 + 1, 60_000))
    }

    public mutating func nextEvent() -> KernelEvent? {
        if let answer = answers.popLast() { return answer }
        while readyIndex < readyCount {
            let event = unsafe ready[readyIndex]
            if let event = unsafe translate(events: event.events, mark: event.data.u64) {
                return event
            }
            readyIndex += 1
        }
        return nil
    }

    /// The next thing a ready descriptor has to say; nil when it has said everything. What was said
    /// is crossed out of the ready list.
    private mutating func translate(events: UInt32, mark: UInt64) -> KernelEvent? {
        switch mark {
        case Self.signalMark: return nextSignal()
        case Self.resolverMark:
            answers += resolver.takeDone().reversed().map { .resolved($0.task.token, $0.outcome) }
            return answers.popLast()
        case Self.workerMark:
            answers += worker.takeDone().reversed().map { .finished($0.task.token) }
            return answers.popLast()
        default: break
        }
        let token = Token(raw: mark)
        guard entries.contains(token), events != 0 else { return nil }
        switch entries[token].role {
        case .listener:
            return accept(on: token)
        case .connecting:
            unsafe ready[readyIndex].events = 0
            return connectionEvent(token)
        case .stream:
            if events & EPOLLOUT.rawValue != 0 {
                unsafe ready[readyIndex].events = events & ~EPOLLOUT.rawValue
                change(token) { $0.isWaitingForRoom = false }
                return .writable(token)
            }
            unsafe ready[readyIndex].events = 0
            return streamEvent(token, events)
        }
    }

    private mutating func streamEvent(_ token: Token, _ events: UInt32) -> KernelEvent? {
        if events & EPOLLIN.rawValue != 0 { return .readable(token) }
        // A reset of a paused stream: epoll reports it whether asked or not.
        guard let descriptor = descriptor(of: token) else { return nil }
        let code = StreamSocket.pendingError(of: descriptor)
        return .failed(token, SystemError("poll", code: code == 0 ? ECONNRESET : code))
    }

    private mutating func connectionEvent(_ token: Token) -> KernelEvent? {
        guard let descriptor = descriptor(of: token) else { return nil }
        let code = StreamSocket.pendingError(of: descriptor)
        guard code == 0 else { return .failed(token, SystemError("connect", code: code)) }
        change(token) { $0.role = .stream }
        return .connected(token)
    }

    private mutating func accept(on token: Token) -> KernelEvent? {
        guard acceptBudget > 0, let listener = descriptor(of: token) else { return nil }
        acceptBudget -= 1
        let handle = accept4(listener, nil, nil, CL_ACCEPT_FLAGS)
        if handle >= 0 { return .accepted(AcceptedConnection(handle: handle), listener: token) }
        switch errno {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            // The connection stays in the backlog; asking again at once would be a busy loop.
            change(token) { $0.isReceiving = false }
            resting.append(token)
            restEnds = now() + Self.acceptRest
            return nil
        case ECONNABORTED, EINTR: return accept(on: token)
        default: return nil
        }
    }

    private mutating func wakeListeners() {
        restEnds = nil
        let listeners = resting
        resting = []
        for token in listeners { change(token) { $0.isReceiving = true } }
    }

    private mutating func nextSignal() -> KernelEvent? {
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        guard unsafe read(signals.raw, &info, size) == size else { return nil }
        switch CInt(info.ssi_signo) {
        case SIGINT: return .signalled(.interrupt)
        case SIGTERM: return .signalled(.terminate)
        default: return .signalled(.hangUp)
        }
    }

    // MARK: The table

    private func descriptor(of token: Token) -> CInt? {
        entries.contains(token) ? entries[token].descriptor.raw : nil
    }

    private mutating func register(
        _ descriptor: consuming Descriptor, as token: Token, role: Role, interest: UInt32
    ) throws(SystemError) {
        try Self.control(epoll, EPOLL_CTL_ADD, descriptor.raw, interest, token.raw)
        entries.insert(
            Entry(descriptor: descriptor, role: role, interest: interest), at: token)
    }

    /// Changes an entry and tells epoll where that changes what it should report.
    private mutating func change(_ token: Token, _ body: (inout Entry) -> Void) {
        guard entries.contains(token) else { return }
        body(&entries[token])
        let wanted = interest(of: entries[token])
        guard entries[token].interest != wanted else { return }
        entries[token].interest = wanted
        // Changing a registered descriptor fails only for want of memory; the next change repairs
        // it.
        let descriptor = entries[token].descriptor.raw
        try? Self.control(epoll, EPOLL_CTL_MOD, descriptor, wanted, token.raw)
    }

    private func interest(of entry: borrowing Entry) -> UInt32 {
        guard entry.role != .connecting else { return EPOLLOUT.rawValue }
        return (entry.isReceiving ? EPOLLIN.rawValue : 0)
            | (entry.isWaitingForRoom ? EPOLLOUT.rawValue : 0)
    }

    private static func control(
        _ epoll: borrowing Descriptor, _ operation: CInt, _ descriptor: CInt, _ interest: UInt32,
        _ mark: UInt64
    ) throws(SystemError) {
        guard cl_epoll_control(epoll.raw, operation, descriptor, interest, mark) == 0 else {
            throw .last("epoll_ctl")
        }
    }
}
