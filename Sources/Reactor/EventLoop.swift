public import Bytes

/// One thread's loop: wait → deliver → expire → flush. It owns every stream's outbox and deadline;
/// what is written during a turn leaves in one send at the turn's end.
public struct EventLoop<System: Kernel & ~Copyable>: ~Copyable {
    /// At most this much of one stream is delivered in a turn, so that ready streams take turns.
    public static var receiveByteCountMax: Int { 16 * 1024 }

    /// A stream with nothing to send holds at most this much memory.
    private static var idleByteCountMax: Int { 4 * 1024 }

    private var kernel: System
    private var streams = SlotTable<LoopStream>(capacity: 64)
    private var timers = TimerHeap()
    private var flushQueue: [Token] = []
    private var wire = Buffer()
    /// The time at the beginning of this turn.
    public private(set) var now: Instant
    /// The longest time that one turn kept all others waiting.
    public private(set) var longestTurn = Duration.zero

    public init(_ kernel: consuming System) {
        var kernel = kernel
        now = kernel.now()
        self.kernel = kernel
    }

    /// Streams, listeners, timers and look-ups that exist now.
    public var tokenCount: Int { streams.count }
    /// Seconds since 1970.
    public var wallClock: Int { mutating get { kernel.wallClock() } }

    // MARK: What the hub asks of the loop

    /// Listens on `address`; connections arrive as `accepted`.
    public mutating func listen(
        on address: SocketAddress
    ) throws(SystemError) -> (listener: Token, bound: SocketAddress) {
        let token = streams.insert(LoopStream())
        do {
            return (token, try kernel.listen(on: address, as: token))
        } catch {
            _ = streams.remove(token)
            throw error
        }
    }

    /// Starts a connection; `connected` or `failed` follows.
    public mutating func connect(to address: SocketAddress) throws(SystemError) -> Token {
        let token = streams.insert(LoopStream())
        do {
            try kernel.connect(to: address, as: token)
            return token
        } catch {
            _ = streams.remove(token)
            throw error
        }
    }

    /// Looks up `host` off this thread; `resolved` follows.
    public mutating func resolve(_ host: String, port: UInt16) -> Token {
        let token = streams.insert(LoopStream())
        kernel.resolve(host, port: port, as: token)
        return token
    }

    /// Does `work` off this thread, one piece after the other; `finished` follows. What comes of
    /// it is between `work` and the hub.
    public mutating func perform(_ work: @escaping @Sendable () -> Void) -> Token {
        let token = streams.insert(LoopStream())
        kernel.perform(work, as: token)
        return token
    }

    /// A timer of its own; set its deadline, and `close` it when it is no longer wanted.
    public mutating func makeTimer(at deadline: Instant) -> Token {
        let token = streams.insert(LoopStream())
        setDeadline(deadline, of: token)
        return token
    }

    /// Lends the stream's outbox for writing; what stands in it leaves at the end of the turn.
    /// Writing to a stream that is gone is harmless: the bytes go nowhere.
    public mutating func write<Failure: Error>(
        on token: Token, _ body: (inout Buffer) throws(Failure) -> Void
    ) throws(Failure) {
        guard streams.contains(token) else {
            var nowhere = Buffer()
            return try body(&nowhere)
        }
        defer { queueFlush(token) }
        try body(&streams[token].outbox)
    }

    /// Bytes that were written and not yet taken by the kernel.
    public func pendingByteCount(of token: Token) -> Int {
        streams.contains(token) ? streams[token].outbox.count : 0
    }

    /// Asks for `drained` when everything written so far has been taken by the kernel.
    public mutating func reportDrained(_ token: Token) {
        guard streams.contains(token) else { return }
        streams[token].reportsDrained = true
    }

    public mutating func setReceiving(_ isOn: Bool, on token: Token) {
        guard streams.contains(token), streams[token].isReceiving != isOn else { return }
        streams[token].isReceiving = isOn
        kernel.setReceiving(isOn, on: token)
    }

    /// When `expired` is wanted; nil for never. Moving a deadline later costs one store.
    public mutating func setDeadline(_ deadline: Instant?, of token: Token) {
        guard streams.contains(token) else { return }
        streams[token].deadline = deadline
        guard let deadline else { return }
        if let scheduled = streams[token].scheduled, scheduled <= deadline { return }
        streams[token].scheduled = deadline
        timers.insert(token, at: deadline)
    }

    /// Sends what was written, then tells the peer that no more will come; the stream still
    /// receives.
    public mutating func finishSending(on token: Token) {
        guard streams.contains(token), streams[token].finish == .none else { return }
        streams[token].finish = .halfClose
        queueFlush(token)
    }

    /// Sends what was written, then closes.
    public mutating func closeWhenDrained(_ token: Token) {
        guard streams.contains(token) else { return }
        streams[token].finish = .close
        queueFlush(token)
    }

    /// Closes now; what was written and not taken is lost.
    public mutating func close(_ token: Token) {
        guard streams.remove(token) != nil else { return }
        kernel.close(token)
    }

    // MARK: The turn

    public mutating func run<Handler: StreamHandler & ~Copyable>(_ handler: inout Handler)
    where Handler.System == System {
        while handler.isRunning { turn(&handler) }
        flush(&handler)
    }

    /// One turn; waits when there is nothing to do.
    public mutating func turn<Handler: StreamHandler & ~Copyable>(_ handler: inout Handler)
    where Handler.System == System {
        take(until: timers.earliest, &handler)
    }

    /// One turn that does not wait.
    mutating func turnNow<Handler: StreamHandler & ~Copyable>(_ handler: inout Handler)
    where Handler.System == System {
        take(until: now, &handler)
    }

    private mutating func take<Handler: StreamHandler & ~Copyable>(
        until deadline: Instant?, _ handler: inout Handler
    ) where Handler.System == System {
        kernel.wait(until: deadline)
        now = kernel.now()
        while let event = kernel.nextEvent() { deliver(event, to: &handler) }
        expire(&handler)
        handler.turnEnded(on: &self)
        flush(&handler)
        longestTurn = max(longestTurn, kernel.now() - now)
    }

    private mutating func deliver<Handler: StreamHandler & ~Copyable>(
        _ event: KernelEvent, to handler: inout Handler
    ) where Handler.System == System {
        switch event {
        case .accepted(let connection, let listener):
            let token = streams.insert(LoopStream())
            do {
                try kernel.adopt(connection, as: token)
                handler.accepted(token, by: listener, on: &self)
            } catch {
                _ = streams.remove(token)
            }
        case .connected(let token):
            guard streams.contains(token) else { return }
            handler.connected(token, on: &self)
        case .failed(let token, let error):
            fail(token, with: error, &handler)
        case .readable(let token):
            receive(from: token, &handler)
        case .writable(let token):
            guard streams.contains(token) else { return }
            streams[token].isBlocked = false
            queueFlush(token)
        case .resolved(let token, let addresses):
            guard streams.remove(token) != nil else { return }
            handler.resolved(addresses, for: token, on: &self)
        case .finished(let token):
            guard streams.remove(token) != nil else { return }
            handler.finished(token, on: &self)
        case .signalled(let signal):
            handler.signalled(signal, on: &self)
        }
    }

    private mutating func receive<Handler: StreamHandler & ~Copyable>(
        from token: Token, _ handler: inout Handler
    ) where Handler.System == System {
        guard streams.contains(token), streams[token].isReceiving else { return }
        // The wire leaves the loop for the length of the call: the handler may use all of the loop.
        var wire = Buffer()
        swap(&wire, &self.wire)
        defer {
            wire.clear()
            swap(&wire, &self.wire)
        }
        switch kernel.receive(from: token, into: &wire, atMost: Self.receiveByteCountMax) {
        case .received: handler.received(wire.readable, on: token, of: &self)
        case .nothing: return
        case .ended:
            setReceiving(false, on: token)
            handler.ended(token, on: &self)
        case .failed(let error): fail(token, with: error, &handler)
        }
    }

    private mutating func fail<Handler: StreamHandler & ~Copyable>(
        _ token: Token, with error: SystemError, _ handler: inout Handler
    ) where Handler.System == System {
        guard streams.contains(token) else { return }
        close(token)
        handler.failed(token, with: error, on: &self)
    }

    private mutating func expire<Handler: StreamHandler & ~Copyable>(_ handler: inout Handler)
    where Handler.System == System {
        while let entry = timers.popDue(at: now) {
            let token = entry.token
            guard streams.contains(token), streams[token].scheduled == entry.deadline else {
                continue
            }
            streams[token].scheduled = nil
            guard let deadline = streams[token].deadline else { continue }
            guard deadline <= now else {
                setDeadline(deadline, of: token)
                continue
            }
            streams[token].deadline = nil
            handler.expired(token, on: &self)
        }
    }

    private mutating func queueFlush(_ token: Token) {
        guard streams.contains(token), !streams[token].isQueued else { return }
        streams[token].isQueued = true
        flushQueue.append(token)
    }

    /// Sends every outbox that was written to. Telling the hub of a failure or a drained outbox may
    /// make it write again; those streams are flushed in the same pass.
    private mutating func flush<Handler: StreamHandler & ~Copyable>(_ handler: inout Handler)
    where Handler.System == System {
        var index = 0
        while index < flushQueue.count {
            let token = flushQueue[index]
            index += 1
            guard streams.contains(token) else { continue }
            streams[token].isQueued = false
            guard send(on: token, &handler), streams.contains(token) else { continue }
            settle(token, &handler)
        }
        flushQueue.removeAll(keepingCapacity: true)
    }

    /// Hands the outbox to the kernel; true when all of it was taken.
    private mutating func send<Handler: StreamHandler & ~Copyable>(
        on token: Token, _ handler: inout Handler
    ) -> Bool where Handler.System == System {
        guard !streams[token].isBlocked else { return false }
        guard !streams[token].outbox.isEmpty else { return true }
        var outbox = Buffer()
        swap(&outbox, &streams[token].outbox)
        switch kernel.send(outbox.readable, on: token) {
        case .sent(let byteCount):
            outbox.consume(byteCount)
            let isEmpty = outbox.isEmpty
            if isEmpty { outbox.empty(keepingAtMost: Self.idleByteCountMax) }
            streams[token].isBlocked = !isEmpty
            swap(&outbox, &streams[token].outbox)
            return isEmpty
        case .failed(let error):
            fail(token, with: error, &handler)
            return false
        }
    }

    /// What was waiting for the outbox to run empty.
    private mutating func settle<Handler: StreamHandler & ~Copyable>(
        _ token: Token, _ handler: inout Handler
    ) where Handler.System == System {
        switch streams[token].finish {
        case .none: break
        case .halfClose: kernel.finishSending(on: token)
        case .close: return close(token)
        }
        guard streams[token].reportsDrained else { return }
        streams[token].reportsDrained = false
        handler.drained(token, on: &self)
    }
}
