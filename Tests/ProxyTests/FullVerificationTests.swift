import Bytes
import Glibc
import Simulator
import TestSupport
import Testing

@testable import E2EE
@testable import Proxy
@testable import Reactor

/// A proxy that verifies fully, in front of a provider with a simulated platform, whose collateral
/// the same simulated host serves.
struct FullBench: ~Copyable {
    var bench: ProxyBench
    let pki: TEEPKI
    /// What the service serves from now on.
    let served: CollateralService

    static let now = SimulatedWorld().wallClock

    init(
        folder: String? = nil, pki: TEEPKI? = nil, contents: SimulatedCollateral.Contents? = nil,
        configure: (inout Configuration) -> Void = { _ in }
    ) throws {
        let pki = try pki ?? TEEPKI(now: Self.now)
        let served = CollateralService(
            try SimulatedCollateral(contents ?? .init(now: Self.now), under: pki))
        let quoting = try QuotingEnclave(under: pki)
        let bench = try ProxyBench {
            $0.verification = .full
            $0.attestationRoot = pki.root.certificate.der
            $0.collateralURL = try! UpstreamURL("http://127.0.0.1:9/pcs")
            $0.pins = SimulatedSoftware.modelHost.pins(scope: .modelHost)
            $0.cacheFolder = folder
            $0.stateFolder = folder
            configure(&$0)
        }
        bench.provider.quote = {
            var quote = SimulatedQuote(reportData: $0)
            SimulatedSoftware.modelHost.measure(into: &quote)
            return try quote.signed(by: quoting)
        }
        bench.provider.software = SimulatedSoftware.modelHost.flatMembers
        bench.provider.elsewhere = { served.answer($0.target) }
        bench.provider.chat = { try ScriptedProvider.answer($0, ["ok"]) }
        self.bench = bench
        self.pki = pki
        self.served = served
    }

    /// Asks once, and says what came of it.
    mutating func ask() throws -> String {
        let client = try bench.connect()
        client.send(ProxyBench.chat(isStreaming: false))
        try bench.settle()
        client.end()
        try bench.settle()
        return client.text()
    }
}

/// A folder for one test.
final class TemporaryFolder {
    let path: String

    init() {
        var template = Array("/tmp/e2ee-proxy-test-XXXXXX".utf8CString)
        path = unsafe String(cString: mkdtemp(&template))
    }

    deinit { _ = unsafe system("rm -rf '\(path)'") }
}

@Suite struct `Full verification in the proxy` {
    @Test func `a genuine enclave is asked, and its collateral is fetched once`() throws {
        var full = try FullBench()
        #expect(try full.ask().contains("ok"))
        #expect(full.served.requests.count == 4)
        #expect(full.bench.leftover.isEmpty)
        let report = try #require(full.bench.server.enclaves.reports["m"])
        #expect(report.quote?.status == .upToDate)
        #expect(report.key != nil)
        try full.bench.pass(.seconds(1700))
        #expect(try full.ask().contains("ok"))
        #expect(full.bench.provider.attestations.count == 2)
        #expect(full.served.requests.count == 4)
    }

    @Test func `models of one kind of machine share one fetch`() throws {
        var full = try FullBench()
        full.bench.provider.catalogue = ScriptedProvider.plainCatalogue
        let clients = [try full.bench.connect(), try full.bench.connect()]
        for client in clients { client.send(ProxyBench.chat(isStreaming: false)) }
        try full.bench.settle()
        for client in clients { #expect(client.text().contains("ok")) }
        #expect(full.served.requests.count == 4)
    }

    @Test(arguments: ["/tcb", "/qe/identity", "pckcrl", "rootcacrl"])
    func `without one of the documents nothing is sent, and later it goes on`(part: String) throws {
        var full = try FullBench()
        full.served.failing = part
        let answer = try full.ask()
        #expect(answer.hasPrefix("HTTP/1.1 503"))
        #expect(answer.contains("collateral_unavailable"))
        #expect(full.bench.provider.chats.isEmpty)
        #expect(full.bench.leftover.isEmpty)
        full.served.failing = nil
        try full.bench.pass(.seconds(6))
        #expect(try full.ask().contains("ok"))
    }

    @Test func `what the collateral condemns is sent nothing`() throws {
        for status in ["OutOfDate", "Revoked", "ConfigurationNeeded"] {
            var contents = SimulatedCollateral.Contents(now: FullBench.now)
            contents.tcbInfo.levels[0].judgement.status = status
            var full = try FullBench(contents: contents)
            #expect(try full.ask().hasPrefix("HTTP/1.1 502"))
            #expect(full.bench.provider.chats.isEmpty)
            #expect(full.bench.leftover.isEmpty)
        }
        let pki = try TEEPKI(now: FullBench.now)
        var contents = SimulatedCollateral.Contents(now: FullBench.now)
        contents.revokedByPlatform = [pki.pck.serial]
        var full = try FullBench(pki: pki, contents: contents)
        #expect(try full.ask().contains("pckRevoked"))
        #expect(full.bench.provider.chats.isEmpty)
    }

    @Test func `a quote that nobody signed is sent nothing, and no collateral is fetched for it`()
        throws
    {
        var full = try FullBench()
        full.bench.provider.quote = nil
        #expect(try full.ask().hasPrefix("HTTP/1.1 502"))
        #expect(full.bench.provider.chats.isEmpty)
        #expect(full.served.requests.isEmpty)
    }

    @Test func `collateral outlives the process, and is fetched anew when it has run out`() throws {
        let folder = TemporaryFolder()
        let pki = try TEEPKI(now: FullBench.now)
        var first = try FullBench(folder: folder.path, pki: pki)
        #expect(try first.ask().contains("ok"))
        var second = try FullBench(folder: folder.path, pki: pki)
        #expect(try second.ask().contains("ok"))
        #expect(second.served.requests.isEmpty)
        var third = try FullBench(folder: folder.path, pki: pki)
        try third.bench.pass(.seconds(40 * 86_400))
        third.served.collateral = try SimulatedCollateral(
            .init(now: third.bench.world.wallClock), under: pki)
        #expect(try third.ask().contains("ok"))
        #expect(third.served.requests.count == 4)
    }

    @Test func `collateral is renewed beside the work, ahead of its end`() throws {
        var full = try FullBench()
        #expect(try full.ask().contains("ok"))
        try full.bench.pass(.seconds(20 * 86_400))
        full.served.failing = "/tcb"
        #expect(try full.ask().contains("ok"))
        #expect(full.served.requests.count > 4)
        full.served.failing = nil
        let count = full.served.requests.count
        try full.bench.pass(.seconds(1700))
        #expect(try full.ask().contains("ok"))
        #expect(full.served.requests.count == count + 4)
    }

    @Test func `older collateral than was seen before is refused, also after a restart`() throws {
        let folder = TemporaryFolder()
        let pki = try TEEPKI(now: FullBench.now)
        var newer = SimulatedCollateral.Contents(now: FullBench.now)
        newer.tcbInfo.evaluation = 21
        newer.qeIdentity.evaluation = 21
        var first = try FullBench(folder: folder.path, pki: pki, contents: newer)
        #expect(try first.ask().contains("ok"))
        _ = unsafe system("rm -r '\(folder.path)/collateral'")
        var second = try FullBench(folder: folder.path, pki: pki)
        #expect(try second.ask().hasPrefix("HTTP/1.1 502"))
        #expect(second.bench.provider.chats.isEmpty)
        let path = EvaluationFloor.path(in: folder.path)
        _ = unsafe system("echo '{' > '\(path)'")
        #expect(throws: ConfigurationError.badState(path)) {
            _ = try EvaluationFloor(in: folder.path, source: "test")
        }
    }

    @Test(arguments: ["/tcb", "/qe/identity", "pckcrl", "rootcacrl"])
    func `collateral that does not hold is not kept`(part: String) throws {
        let folder = TemporaryFolder()
        let pki = try TEEPKI(now: FullBench.now)
        var full = try FullBench(folder: folder.path, pki: pki)
        full.served.garbling = part
        #expect(!(try full.ask().contains("ok")))
        var other = try FullBench(folder: folder.path, pki: pki)
        #expect(try other.ask().contains("ok"))
        #expect(other.served.requests.count == 4)
        full.served.garbling = nil
        try full.bench.pass(.seconds(6))
        #expect(try full.ask().contains("ok"))
    }

    @Test func `a renewal that is refused takes the old key with it`() throws {
        var full = try FullBench()
        #expect(try full.ask().contains("ok"))
        full.bench.provider.quote = nil
        try full.bench.pass(.seconds(1500))
        _ = try full.ask()
        let chatCount = full.bench.provider.chats.count
        #expect(try full.ask().hasPrefix("HTTP/1.1 502"))
        #expect(full.bench.provider.chats.count == chatCount)
        let client = try full.bench.connect()
        client.send(ProxyBench.get("/verification/m"))
        try full.bench.settle()
        #expect(client.text().contains(#""verified":false,"current":false"#))
    }

    @Test func `a renewal of collateral that does not hold leaves what holds in use`() throws {
        var full = try FullBench()
        #expect(try full.ask().contains("ok"))
        try full.bench.pass(.seconds(20 * 86_400))
        full.served.garbling = "rootcacrl"
        for _ in 0..<3 {
            #expect(try full.ask().contains("ok"))
            try full.bench.pass(.seconds(1700))
        }
        let count = full.served.requests.count
        #expect(count > 8)
        full.served.garbling = nil
        #expect(try full.ask().contains("ok"))
        try full.bench.pass(.seconds(1700))
        #expect(try full.ask().contains("ok"))
        #expect(full.served.requests.count == count + 4)
        #expect(full.bench.leftover == [])
    }
}
