import E2EE
import Synchronization
import TestSupport
import Testing

@testable import Proxy
@testable import Reactor

@Suite struct `Reading settings again` {
    private static func request(_ key: String) -> String {
        "GET /v1/models HTTP/1.1\r\nHost: localhost:5111\r\nAuthorization: Bearer \(key)\r\n\r\n"
    }

    @Test func `a hang-up takes over both keys, and keeps the one that came by environment`() throws
    {
        let fresh = Mutex(try ProxyBench.configuration())
        fresh.withLock {
            $0.apiKey = AccessKey("")
            $0.inboundKey = AccessKey("new")
        }
        var bench = try ProxyBench(
            configure: { $0.inboundKey = AccessKey("old") }, reread: { fresh.withLock { $0 } })
        let client = try bench.connect()
        client.send(Self.request("old"))
        try bench.settle()
        #expect(client.text().hasPrefix("HTTP/1.1 200"))
        bench.world.signal(.hangUp)
        try bench.settle()
        client.send(Self.request("old"))
        try bench.settle()
        #expect(client.text().hasPrefix("HTTP/1.1 401"))
        let isKept = bench.server.configuration.apiKey.matches("the-api-key".utf8Span.span)
        #expect(isKept)
        fresh.withLock { $0.apiKey = AccessKey("the-new-key") }
        bench.world.signal(.hangUp)
        try bench.settle()
        let other = try bench.connect()
        other.send(
            ProxyBench.post(
                #"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#,
                "Authorization: Bearer new\r\n"))
        try bench.settle()
        #expect(bench.provider.requests.last?.field("authorization") == "Bearer the-new-key")
    }

    @Test func `what cannot be read changes nothing`() throws {
        let fresh = Mutex(try ProxyBench.configuration())
        fresh.withLock { $0.inboundKey = AccessKey("not a key") }
        var bench = try ProxyBench(
            configure: { $0.inboundKey = AccessKey("old") }, reread: { fresh.withLock { $0 } })
        bench.world.signal(.hangUp)
        try bench.settle()
        let client = try bench.connect()
        client.send(Self.request("old"))
        try bench.settle()
        #expect(client.text().hasPrefix("HTTP/1.1 200"))
    }
}
