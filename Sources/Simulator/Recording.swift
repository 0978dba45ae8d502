import Synchronization

/// What a simulator has received, kept for whoever asks. Safe to read from any thread.
public final class Recording: Sendable {
    private struct Content {
        var requests: [ReceivedRequest] = []
        var plaintexts: [[UInt8]] = []
        var attestationCount = 0
        var connectionCount = 0
    }

    private let content = Mutex(Content())

    public init() {}

    /// Every complete request, oldest first.
    public var requests: [ReceivedRequest] { content.withLock { $0.requests } }
    /// Every text that an enclave opened, oldest first.
    public var plaintexts: [[UInt8]] { content.withLock { $0.plaintexts } }
    /// How often evidence was asked for.
    public var attestationCount: Int { content.withLock { $0.attestationCount } }
    /// How many connections were accepted.
    public var connectionCount: Int { content.withLock { $0.connectionCount } }

    /// Forgets everything.
    public func clear() { content.withLock { $0 = Content() } }

    func note(_ request: ReceivedRequest) { content.withLock { $0.requests.append(request) } }
    func note(plaintexts: [[UInt8]]) { content.withLock { $0.plaintexts += plaintexts } }
    func noteAttestation() { content.withLock { $0.attestationCount += 1 } }
    func noteConnection() { content.withLock { $0.connectionCount += 1 } }
}
