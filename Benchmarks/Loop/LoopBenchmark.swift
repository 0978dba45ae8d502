import Bytes
import E2EE
import Logging
import Proxy
import Reactor
import Simulator
import Synchronization

/// How long one turn of the proxy's loop keeps the others waiting, while 100 paced streams run: by
/// themselves, and with full verifications beside them; with `--one`, a single stream, so that the
/// verifications' own turns stand out. Everything is in this process, the proxy,
/// the simulated provider and the clients each on a thread of their own.
@main enum LoopBenchmark {
    static func main() throws {
        CryptographyLibrary.outliveThreads()
        let simulator = try Simulator.start()
        let times = TurnTimes()
        var proxy = EventLoop(try TimedKernel(times))
        let (listener, address) = try proxy.listen(
            on: SocketAddress(literal: "127.0.0.1", port: 0)!)
        let server = try server(of: simulator, listener, address)
        let box = Box(proxy, server)
        try OperatingThread.start { box.run() }

        var loop = EventLoop(try EpollKernel())
        var visitors = Visitors(of: address, times)
        visitors.begin(on: &loop)
        loop.run(&visitors)
        let expectedCount = Visitors.streamCount + 3
        guard visitors.answeredCount == expectedCount else {
            fatalError("\(visitors.answeredCount) of \(expectedCount) were answered")
        }
    }

    private static func server(
        of simulator: Simulator, _ listener: Token, _ address: SocketAddress
    ) throws -> ProxyServer<TimedKernel, SystemEntropy> {
        var configuration = Configuration(
            upstream: try UpstreamURL(simulator.url), apiKey: AccessKey("k".utf8Span.span))
        configuration.trustOnly(certificates: simulator.authorityPEM)
        configuration.attestationRoot = simulator.teeRoot
        configuration.gpuRoot = simulator.gpuRoot
        configuration.nrasIssuer = simulator.nrasIssuer
        configuration.nrasURL = try UpstreamURL(simulator.nrasURL)
        configuration.collateralURL = try UpstreamURL(simulator.collateralURL)
        try configuration.trustOnly(pins: Simulator.pins)
        return try ProxyServer(
            configuration, listeners: [listener], hosts: ["127.0.0.1"], port: address.port,
            tls: try TLSContext(trusting: configuration.trust),
            floor: try EvaluationFloor(in: nil, source: "benchmark"), entropy: SystemEntropy(),
            log: Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Carries the proxy to its thread.
    private final class Box: Sendable {
        private struct Content: ~Copyable {
            var loop: EventLoop<TimedKernel>
            var server: ProxyServer<TimedKernel, SystemEntropy>
        }

        private let content: Mutex<Content>

        init(
            _ loop: consuming sending EventLoop<TimedKernel>,
            _ server: consuming sending ProxyServer<TimedKernel, SystemEntropy>
        ) { content = Mutex(Content(loop: loop, server: server)) }

        func run() { content.withLock { $0.loop.run(&$0.server) } }
    }
}
