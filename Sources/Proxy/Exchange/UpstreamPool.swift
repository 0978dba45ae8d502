import Reactor

/// Open connections to the provider that nobody uses now.
struct UpstreamPool {
    static let idleCountMax = 64
    /// Shorter than what servers usually wait, so that they seldom close on us first.
    static let idleTimeout = Duration.seconds(30)

    private var idle: [Token] = []

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
}
