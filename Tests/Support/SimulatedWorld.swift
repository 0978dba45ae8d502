import Reactor

/// Everything outside the loop, under a test's control: the clock, the peers, and how much of what
/// they send and take moves at a time.
public final class SimulatedWorld {
    /// One connection, seen from the loop's peer.
    public final class Connection {
        public let token: Token
        /// Where the loop connected to; nil where the peer connected.
        public let address: SocketAddress?
        /// From the peer, not yet received by the loop.
        var arriving: [UInt8] = []
        var hasEnded = false
        var isReset = false
        /// Sent by the loop, not yet taken by the peer.
        public fileprivate(set) var sent: [UInt8] = []
        /// The loop has closed its side, or said that it will send no more.
        public internal(set) var isClosed = false
        public internal(set) var isFinished = false
        /// Bytes the loop may still send before it has to wait; nil for no limit.
        public var room: Int?
        /// The most that one receive yields.
        public var receiveMax = Int.max
        var isReceiving = true
        var wantsRoom = false
        var endWasReported = false

        init(token: Token, address: SocketAddress?) {
            self.token = token
            self.address = address
        }

        /// Bytes of the peer that the loop has not received.
        public var arrivingCount: Int { arriving.count }

        public func send(_ bytes: [UInt8]) { arriving += bytes }
        public func send(_ text: String) { arriving += Array(text.utf8) }
        /// The peer sends no more.
        public func end() { hasEnded = true }
        /// The peer's connection breaks.
        public func reset() { isReset = true }

        /// Takes what the loop has sent.
        public func take() -> [UInt8] {
            defer { sent = [] }
            return sent
        }

        func accept(_ bytes: [UInt8]) { sent += bytes }
    }

    public var now = Instant(nanoseconds: 1_000_000_000_000)
    public var wallClock = 1_800_000_000
    public private(set) var connections: [Connection] = []
    public private(set) var listeners: [Token] = []
    /// Where names lead; a name that is missing cannot be resolved.
    public var names: [String: [SocketAddress]] = [:]
    /// Addresses that refuse connections.
    public var refused: Set<SocketAddress> = []
    /// Addresses that never answer.
    public var silent: Set<SocketAddress> = []
    /// Whether the process is out of descriptors: nothing can be accepted or connected.
    public var isOutOfDescriptors = false
    /// Whether name servers keep their answers to themselves for now.
    public var holdsNames = false {
        didSet { if !holdsNames { releaseNames() } }
    }
    private var heldNames: [(token: Token, host: String)] = []
    /// Changes the order in which ready connections are reported.
    public var reorder: ((inout [Connection]) -> Void)?
    /// How often the loop found nothing to do and no deadline to wait for.
    public private(set) var idleWaitCount = 0
    var pending: [KernelEvent] = []
    private var nextHandle: Int32 = 1
    private var accepting: [Int32: Connection] = [:]

    public init() {}

    /// A peer connects; the loop hears of it in its next turn.
    public func connect(to listener: Token) -> AcceptedHandle {
        let handle = nextHandle
        nextHandle += 1
        pending.append(.accepted(AcceptedConnection(handle: handle), listener: listener))
        return AcceptedHandle(handle: handle, world: self)
    }

    /// A connection that may not have been accepted yet.
    public struct AcceptedHandle {
        let handle: Int32
        let world: SimulatedWorld
        public var connection: Connection? { world.accepting[handle] }
    }

    public func signal(_ signal: Signal) { pending.append(.signalled(signal)) }

    /// The open connections that the loop made.
    public var outgoing: [Connection] { connections.filter { $0.address != nil && !$0.isClosed } }

    func adopt(_ handle: Int32, as token: Token) {
        let connection = Connection(token: token, address: nil)
        accepting[handle] = connection
        connections.append(connection)
    }

    func open(_ token: Token, to address: SocketAddress) {
        connections.append(Connection(token: token, address: address))
        guard !silent.contains(address) else { return }
        let error = SystemError("connect", code: 111)
        pending.append(refused.contains(address) ? .failed(token, error) : .connected(token))
    }

    func resolve(_ host: String, as token: Token) {
        heldNames.append((token, host))
        if !holdsNames { releaseNames() }
    }

    private func releaseNames() {
        for (token, host) in heldNames { pending.append(.resolved(token, names[host] ?? [])) }
        heldNames = []
    }

    /// The connections the loop is told of, in the order it is told.
    func readyConnections() -> [Connection] {
        var ready = connections.filter(Self.isReady)
        reorder?(&ready)
        return ready
    }

    func listen(_ token: Token) { listeners.append(token) }
    func stopListening(_ token: Token) { listeners.removeAll { $0 == token } }

    func connection(_ token: Token) -> Connection? {
        connections.last { $0.token == token && !$0.isClosed }
    }

    /// Moves the clock to `deadline` where nothing happens before.
    func wait(until deadline: Instant?) {
        guard pending.isEmpty, !connections.contains(where: Self.isReady) else { return }
        guard let deadline else {
            idleWaitCount += 1
            return
        }
        guard deadline > now else { return }
        wallClock += Int((deadline - now).milliseconds / 1000)
        now = deadline
    }

    static func isReady(_ connection: Connection) -> Bool {
        guard !connection.isClosed else { return false }
        if connection.isReset { return true }
        if connection.wantsRoom, connection.room != 0 { return true }
        guard connection.isReceiving else { return false }
        return !connection.arriving.isEmpty || (connection.hasEnded && !connection.endWasReported)
    }
}
