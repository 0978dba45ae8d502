import Bytes
public import E2EE
import HTTP
public import Logging
public import Reactor

/// The hub: the only place where sockets, messages, keys and models meet. Tokens lead to exchanges
/// and upstream connections; everything that happens to one of them is a call on it and a few calls
/// outward.
public struct ProxyServer<System: Kernel & ~Copyable, Source: Entropy>: StreamHandler, ~Copyable {
    /// Above this many unsent bytes a client is slow, and its answer is paused.
    static var outboxByteCountMax: Int { 256 * 1024 }
    /// The same, while memory is scarce.
    static var scarceOutboxByteCountMax: Int { 16 * 1024 }
    /// Bytes of later requests that are kept while one is being answered.
    static var waitingByteCountMax: Int { 64 * 1024 }

    enum TimerPurpose {
        case retryAttestation(model: String)
        case drain
    }

    var configuration: Configuration
    var surface: LocalSurface
    var provider: ProviderAPI
    var tls: TLSContext?
    let supervisor: Supervisor
    let reread: Configuration.Reread?
    let limits: HTTPLimits
    var verifier: Verifier
    let log: Logger
    var entropy: Source
    var ids: RequestIDs

    var exchanges = SideTable<Exchange>()
    var upstreams = SideTable<UpstreamLink>()
    var timers = SideTable<TimerPurpose>()
    var pool = UpstreamPool()
    var enclaves = Enclaves()
    var catalogue = Catalogue()
    /// Evidence that is being verified, by model.
    var verifications: [String: Verification] = [:]
    var collateral = CollateralStore()
    var floor: EvaluationFloor
    var nras = NRASState()
    var software: SeenSoftware
    /// Tells one verification of a model from the next.
    var verificationCount = 0
    /// Tells connections made by other certificates.
    var trustNumber = 0
    var jobs = SideTable<Job>()
    /// The one model to verify, of a run that does nothing else, and what came of it.
    var watched: String?
    var outcome: WatchedOutcome?
    var listeners: [Token]
    /// Chats that wait for an answer, or are getting it.
    var waitingCount = 0

    public internal(set) var isRunning = true
    var isDraining = false

    /// - `listeners`: sockets that already listen; `hosts` and `port`: where.
    /// - `tls`: for connections to the provider; nil for a provider in clear on this machine.
    /// - `reread`: what the operator's hang-up signal asks for; nil for nothing.
    /// - Throws: `.noEntropy`.
    public init(
        _ configuration: Configuration, listeners: [Token], hosts: [String], port: UInt16,
        tls: TLSContext?, floor: EvaluationFloor, entropy: Source, log: Logger,
        supervisor: Supervisor = Supervisor(),
        reread: Configuration.Reread? = nil
    ) throws(E2EEError) {
        var entropy = entropy
        ids = try RequestIDs(entropy: &entropy)
        self.entropy = entropy
        self.configuration = configuration
        self.listeners = listeners
        self.tls = tls
        self.supervisor = supervisor
        self.reread = reread
        self.log = log
        surface = LocalSurface(configuration, listeningOn: hosts, port: port)
        provider = ProviderAPI(configuration)
        limits = HTTPLimits(bodyByteCountMax: configuration.bodyByteCountMax)
        self.floor = floor
        software = SeenSoftware(in: configuration.stateFolder)
        verifier = Verifier(configuration.attestationPolicy)
    }

    // MARK: What the loop tells

    public mutating func accepted(
        _ stream: Token, by listener: Token, on loop: inout EventLoop<System>
    ) {
        // One that was on its way when the listeners closed.
        guard !isDraining else { return loop.close(stream) }
        guard exchanges.count < configuration.connectionCountMax, !isOutOfMemory else {
            return turnAway(stream, on: &loop)
        }
        exchanges.insert(Exchange(client: stream, limits: limits, at: loop.now), at: stream)
        loop.setDeadline(loop.now + configuration.headerTimeout, of: stream)
    }

    public mutating func connected(_ stream: Token, on loop: inout EventLoop<System>) {
        guard upstreams.contains(stream) else { return }
        upstreamConnected(stream, on: &loop)
    }

    public mutating func received(
        _ wire: Span<UInt8>, on stream: Token, of loop: inout EventLoop<System>
    ) {
        if upstreams.contains(stream) {
            upstreamReceived(wire, on: stream, of: &loop)
        } else if exchanges.contains(stream) {
            clientReceived(wire, on: stream, of: &loop)
        }
    }

    public mutating func drained(_ stream: Token, on loop: inout EventLoop<System>) {
        if upstreams.contains(stream) {
            upstreamDrained(stream, on: &loop)
        } else if exchanges.contains(stream) {
            clientDrained(stream, on: &loop)
        }
    }

    public mutating func ended(_ stream: Token, on loop: inout EventLoop<System>) {
        if upstreams.contains(stream) {
            upstreamEnded(stream, on: &loop)
        } else if exchanges.contains(stream) {
            clientEnded(stream, on: &loop)
        } else {
            loop.closeWhenDrained(stream)
        }
    }

    public mutating func failed(
        _ stream: Token, with error: SystemError, on loop: inout EventLoop<System>
    ) {
        if upstreams.contains(stream) {
            upstreamFailed(stream, with: error, on: &loop)
        } else if exchanges.contains(stream) {
            dropExchange(stream, on: &loop)
        }
    }

    public mutating func expired(_ token: Token, on loop: inout EventLoop<System>) {
        if upstreams.contains(token) {
            upstreamExpired(token, on: &loop)
        } else if exchanges.contains(token) {
            clientExpired(token, on: &loop)
        } else if let purpose = timers.remove(token) {
            loop.close(token)
            timerExpired(purpose, on: &loop)
        } else {
            loop.close(token)
        }
    }

    public mutating func resolved(
        _ addresses: [SocketAddress], for request: Token, on loop: inout EventLoop<System>
    ) {
        guard upstreams.contains(request) else { return }
        upstreamResolved(addresses, for: request, on: &loop)
    }

    public mutating func signalled(_ signal: Signal, on loop: inout EventLoop<System>) {
        switch signal {
        case .interrupt, .terminate: stop(on: &loop)
        case .hangUp: reload(on: &loop)
        }
    }

    public mutating func turnEnded(on loop: inout EventLoop<System>) {
        endWhenDrained()
    }

    /// Ends once nobody waits for anything any more, and what had to be kept is kept.
    mutating func endWhenDrained() {
        let isOver = outcome != nil || (isDraining && exchanges.count == 0)
        if isOver, jobs.count == 0 { isRunning = false }
    }

    private mutating func timerExpired(
        _ purpose: TimerPurpose, on loop: inout EventLoop<System>
    ) {
        switch purpose {
        case .retryAttestation(let model): attest(model, on: &loop)
        case .drain:
            log.warning("answers were still running at the drain limit")
            cutAll(on: &loop)
        }
    }
}

// MARK: The end

extension ProxyServer where System: ~Copyable {
    /// Stops accepting and lets running answers finish; a second call stops now.
    mutating func stop(on loop: inout EventLoop<System>) {
        guard !isDraining else { return cutAll(on: &loop) }
        isDraining = true
        supervisor.tell(.stopping)
        log.notice("shutting down", metadata: ["streams": "\(exchanges.count)"])
        for listener in listeners { loop.close(listener) }
        listeners = []
        for link in pool.takeAll() { dropLink(link, on: &loop) }
        var idle: [Token] = []
        exchanges.forEach { token, exchange in
            if exchange.isBetweenRequests || exchange.phase == .lingering { idle.append(token) }
        }
        for token in idle {
            if loop.pendingByteCount(of: token) > 0 {
                endConnection(of: token, on: &loop)
            } else {
                dropExchange(token, on: &loop)
            }
        }
        let timer = loop.makeTimer(at: loop.now + configuration.drainTimeout)
        timers.insert(.drain, at: timer)
    }

    /// Tells every client that still waits that its answer ends here, and ends.
    private mutating func cutAll(on loop: inout EventLoop<System>) {
        var waiting: [Token] = []
        exchanges.forEach { token, exchange in
            if exchange.isWaiting { waiting.append(token) }
        }
        for client in waiting { fail(client, with: .drained, on: &loop) }
        isRunning = false
    }
}
