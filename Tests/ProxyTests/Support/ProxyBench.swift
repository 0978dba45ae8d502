import E2EE
import Logging
import TestSupport

@testable import Proxy
@testable import Reactor

/// The whole proxy on a simulated kernel, in front of a scripted provider. Turns are taken until
/// nothing moves any more; the clock stands still unless a test lets it run.
struct ProxyBench: ~Copyable {
    let world: SimulatedWorld
    let provider: ScriptedProvider
    private(set) var loop: EventLoop<SimulatedKernel>
    private(set) var server: ProxyServer<SimulatedKernel, SeededEntropy>
    let listener: Token

    init(
        seed: UInt64 = 0,
        configure: (inout Configuration) -> Void = { _ in },
        reread: Configuration.Reread? = nil
    ) throws {
        let world = SimulatedWorld()
        let provider = try ScriptedProvider(entropy: SeededEntropy(seed: seed))
        var configuration = try Self.configuration()
        configure(&configuration)
        var loop = EventLoop(SimulatedKernel(world))
        let listener = try loop.listen(on: SocketAddress(literal: "127.0.0.1", port: 5111)!)
            .listener
        let server = try ProxyServer<SimulatedKernel, SeededEntropy>(
            configuration, listeners: [listener], hosts: ["127.0.0.1"], port: 5111, tls: nil,
            floor: try EvaluationFloor(in: configuration.stateFolder, source: "test"),
            entropy: SeededEntropy(seed: ~seed),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, reread: reread)
        self.world = world
        self.provider = provider
        self.listener = listener
        self.loop = loop
        self.server = server
    }

    static func configuration() throws -> Configuration {
        var configuration = Configuration(
            upstream: try UpstreamURL("http://127.0.0.1:9/api/v1"),
            apiKey: AccessKey("the-api-key"))
        configuration.verification = .binding
        return configuration
    }

    /// Turns until nothing is left to do now.
    mutating func settle() throws {
        for _ in 0..<20_000 {
            let before = state
            loop.turnNow(&server)
            try provider.serve(world)
            if state == before { return }
        }
        throw Unsettled()
    }

    struct Unsettled: Error {}

    /// What changes while something moves.
    private var state: [Int] {
        var state = [provider.requests.count, loop.tokenCount, world.connections.count]
        for connection in world.connections {
            state += [connection.arrivingCount, connection.sent.count, connection.isClosed ? 1 : 0]
        }
        return state
    }

    mutating func setBufferedByteCountMax(_ count: Int) {
        server.configuration.bufferedByteCountMax = count
    }

    /// One turn, and what the provider answers to it.
    mutating func step() throws {
        loop.turnNow(&server)
        try provider.serve(world)
    }

    /// Lets `duration` pass, with every deadline on the way.
    mutating func pass(_ duration: Duration) throws {
        world.now = world.now + duration
        world.wallClock += Int(duration.milliseconds / 1000)
        try settle()
    }

    mutating func connect() throws -> SimulatedWorld.Connection {
        let handle = world.connect(to: listener)
        try settle()
        guard let connection = handle.connection else { throw Unsettled() }
        return connection
    }

    static func post(_ body: String, _ fields: String = "") -> String {
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:5111\r\n\(fields)"
            + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    static func chat(_ text: String = "hi", isStreaming: Bool = true) -> String {
        post(
            #"{"model":"m","stream":\#(isStreaming),"messages":[{"role":"user","content":"\#(text)"}]}"#
        )
    }

    static func get(_ target: String) -> String {
        "GET \(target) HTTP/1.1\r\nHost: localhost:5111\r\n\r\n"
    }

    /// Nothing is left of any request: tables, pool and loop are as at the start, but for idle
    /// connections to the provider.
    var leftover: [String] {
        var leftover: [String] = []
        if server.exchanges.count != 0 { leftover.append("exchanges \(server.exchanges.count)") }
        if server.upstreams.count != server.pool.idleCount { leftover.append("upstreams") }
        if server.waitingCount != 0 { leftover.append("waiting \(server.waitingCount)") }
        if server.jobs.count != 0 { leftover.append("jobs") }
        if !server.verifications.isEmpty { leftover.append("verifications") }
        if server.timers.count != 0 { leftover.append("timers") }
        let expected = server.listeners.count + server.upstreams.count
        if loop.tokenCount != expected { leftover.append("tokens \(loop.tokenCount)") }
        return leftover
    }
}

extension SimulatedWorld.Connection {
    /// What the proxy has sent, as text.
    func text() -> String { String(decoding: take(), as: UTF8.self) }
}
