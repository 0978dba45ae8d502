public import Bytes
public import Reactor

/// A kernel made of arrays: whatever the test lets happen in its `SimulatedWorld` happens, and
/// nothing else. Time stands still but for the loop's own deadlines.
public struct SimulatedKernel: Kernel, ~Copyable {
    private let world: SimulatedWorld
    private var ready: [SimulatedWorld.Connection] = []

    public init(_ world: SimulatedWorld) { self.world = world }

    public mutating func now() -> Instant { world.now }
    public mutating func wallClock() -> Int { world.wallClock }

    public mutating func listen(
        on address: SocketAddress, as token: Token
    ) throws(SystemError) -> SocketAddress {
        world.listen(token)
        return address
    }

    public mutating func connect(to address: SocketAddress, as token: Token) throws(SystemError) {
        guard !world.isOutOfDescriptors else { throw SystemError("socket", code: 24) }
        world.open(token, to: address)
    }

    public mutating func adopt(
        _ connection: AcceptedConnection, as token: Token
    ) throws(SystemError) {
        guard !world.isOutOfDescriptors else { throw SystemError("epoll_ctl", code: 28) }
        world.adopt(connection.handle, as: token)
    }

    public mutating func receive(
        from token: Token, into wire: inout Buffer, atMost byteCountMax: Int
    ) -> ReceiveOutcome {
        guard let connection = world.connection(token) else { return .nothing }
        if connection.isReset { return .failed(SystemError("recv", code: 104)) }
        guard !connection.arriving.isEmpty else {
            guard connection.hasEnded else { return .nothing }
            connection.endWasReported = true
            return .ended
        }
        let count = min(connection.arriving.count, byteCountMax, connection.receiveMax)
        let piece = Array(connection.arriving[..<count])
        wire.append(piece.span)
        connection.arriving.removeFirst(count)
        return .received(byteCount: count)
    }

    public mutating func send(_ bytes: Span<UInt8>, on token: Token) -> SendOutcome {
        guard let connection = world.connection(token) else { return .sent(byteCount: 0) }
        if connection.isReset { return .failed(SystemError("send", code: 32)) }
        let count = min(bytes.count, connection.room ?? .max)
        connection.accept(bytes.extracting(0..<count).array)
        connection.room = connection.room.map { $0 - count }
        connection.wantsRoom = count < bytes.count
        return .sent(byteCount: count)
    }

    public mutating func setReceiving(_ isOn: Bool, on token: Token) {
        world.connection(token)?.isReceiving = isOn
    }

    public mutating func finishSending(on token: Token) {
        world.connection(token)?.isFinished = true
    }

    public mutating func close(_ token: Token) {
        world.connection(token)?.isClosed = true
        world.stopListening(token)
    }

    public mutating func resolve(_ host: String, port: UInt16, as token: Token) {
        if let address = SocketAddress(literal: host, port: port) {
            world.pending.append(.resolved(token, [address]))
        } else {
            world.resolve(host, as: token)
        }
    }

    public mutating func perform(_ work: @escaping @Sendable () -> Void, as token: Token) {
        work()
        world.pending.append(.finished(token))
    }

    public mutating func wait(until deadline: Instant?) {
        world.wait(until: deadline)
        ready = world.readyConnections()
    }

    public mutating func nextEvent() -> KernelEvent? {
        if !world.pending.isEmpty { return world.pending.removeFirst() }
        while !ready.isEmpty {
            let connection = ready.removeFirst()
            guard SimulatedWorld.isReady(connection) else { continue }
            if connection.wantsRoom, connection.room != 0 {
                connection.wantsRoom = false
                return .writable(connection.token)
            }
            return .readable(connection.token)
        }
        return nil
    }
}
