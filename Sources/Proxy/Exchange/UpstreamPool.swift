import Reactor

/// Open connections to the provider that nobody uses now, and where its name leads.
struct UpstreamPool {
    static let idleCountMax = 64
    /// Shorter than what servers usually wait, so that they seldom close on us first.
    static let idleTimeout = Duration.seconds(30)
    /// How long a looked-up name is used again.
    private static let addressLife = Duration.seconds(60)

    private var idle: [Token] = []
    private var addresses: [SocketAddress] = []
    private var addressesEnd = Instant(nanoseconds: 0)

    var idleCount: Int { idle.count }

    /// The connection that was used last: the others then grow old and close.
    mutating func take() -> Token? { idle.popLast() }

    /// False when there are enough already.
    mutating func put(_ link: Token) -> Bool {
        guard idle.count < Self.idleCountMax else { return false }
        idle.append(link)
        return true
    }

    mutating func remove(_ link: Token) { idle.removeAll { $0 == link } }

    mutating func takeAll() -> [Token] {
        defer { idle = [] }
        return idle
    }

    func knownAddresses(at now: Instant) -> [SocketAddress]? {
        addresses.isEmpty || now >= addressesEnd ? nil : addresses
    }

    mutating func learn(_ addresses: [SocketAddress], at now: Instant) {
        self.addresses = addresses
        addressesEnd = now + Self.addressLife
    }

    /// No address of the name could be connected to: it is looked up again next time.
    mutating func forgetAddresses() { addresses = [] }
}
