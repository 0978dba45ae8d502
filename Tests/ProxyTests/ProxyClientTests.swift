import TestSupport
import Testing

@testable import E2EE
@testable import Proxy
@testable import Reactor

@Suite struct `Clients of the proxy that are slow, rude or gone` {
    @Test func `a client that leaves, or half-closes, takes its request along at once`() throws {
        for leaves in [true, false] {
            var bench = try ProxyBench()
            let client = try bench.connect()
            client.send(ProxyBench.chat())
            try bench.settle()
            let upstream = try #require(bench.provider.chats.first?.connection)
            #expect(!upstream.isClosed)
            if leaves { client.reset() } else { client.end() }
            try bench.settle()
            #expect(upstream.isClosed)
            #expect(bench.leftover == [])
        }
    }

    @Test func `beyond the limits a client is told at once to come back`() throws {
        var bench = try ProxyBench {
            $0.requestCountMax = 2
            $0.connectionCountMax = 4
        }
        var clients: [SimulatedWorld.Connection] = []
        for _ in 0..<5 { clients.append(try bench.connect()) }
        let turnedAway = clients[4].text()
        #expect(turnedAway.hasPrefix("HTTP/1.1 503") && turnedAway.contains("Retry-After: 1"))
        #expect(clients[4].isFinished)
        for client in clients.prefix(3) { client.send(ProxyBench.chat()) }
        try bench.settle()
        #expect(clients[2].text().hasPrefix("HTTP/1.1 503"))
        #expect(bench.provider.chats.count == 2)
        clients[3].send(ProxyBench.get("/health"))
        clients[0].end()
        try bench.settle()
        #expect(clients[3].text().hasPrefix("HTTP/1.1 200"))
        clients[2].send(ProxyBench.chat())
        try bench.settle()
        #expect(bench.provider.chats.count == 3)
        for client in clients { client.end() }
        try bench.pass(.seconds(3))
        #expect(bench.leftover == [])
    }

    @Test func `a slow client pauses the provider, and goes on where it was`() throws {
        var bench = try ProxyBench()
        let text = String(repeating: "0123456789abcdef", count: 4096)
        bench.provider.chat = { try ScriptedProvider.answer($0, Array(repeating: text, count: 40)) }
        let client = try bench.connect()
        client.room = 0
        client.send(ProxyBench.chat())
        try bench.settle()
        let upstream = try #require(bench.provider.chats.first?.connection)
        #expect(upstream.arrivingCount > 1_000_000)
        #expect(bench.loop.pendingByteCount(of: client.token) < 600_000)
        client.room = nil
        try bench.settle()
        let answer = client.text()
        #expect(answer.contains("[DONE]"))
        #expect(answer.utf8.count > 40 * text.utf8.count)
    }

    @Test func `a slow client that never reads again is let go`() throws {
        var bench = try ProxyBench()
        let text = String(repeating: "x", count: 500_000)
        bench.provider.chat = { try ScriptedProvider.answer($0, [text, text]) }
        let client = try bench.connect()
        client.room = 0
        client.send(ProxyBench.chat())
        try bench.settle()
        try bench.pass(.seconds(61))
        #expect(client.isClosed)
        #expect(bench.leftover == [])
    }

    @Test func `a client that asks and never reads is not read from either`() throws {
        var bench = try ProxyBench()
        let client = try bench.connect()
        client.send(ProxyBench.get("/health"))
        try bench.settle()
        let answerByteCount = client.take().count
        client.room = 0
        client.send(String(repeating: ProxyBench.get("/health"), count: 5000))
        try bench.settle()
        #expect(bench.loop.pendingByteCount(of: client.token) < 300_000)
        #expect(client.arrivingCount > 100_000)
        client.room = nil
        try bench.settle()
        #expect(client.take().count == 5000 * answerByteCount)
        client.room = 0
        client.send(String(repeating: ProxyBench.get("/health"), count: 5000))
        try bench.settle()
        for _ in 0..<3 { try bench.pass(.seconds(61)) }
        #expect(client.isClosed)
        #expect(bench.leftover == [])
    }

    @Test func `a slow client gets the end of its answer, also when the connection ends with it`()
        throws
    {
        let text = String(repeating: "x", count: 100_000)
        for (version, halfCloses) in [("1.1", false), ("1.0", false), ("1.0", true)] {
            var bench = try ProxyBench()
            bench.provider.chat = { try ScriptedProvider.answer($0, [text]) }
            let client = try bench.connect()
            client.room = 1000
            let request = ProxyBench.chat().replacingFirst(
                "HTTP/1.1\r\n", "HTTP/\(version)\r\nConnection: close\r\n")
            client.send(request)
            try bench.settle()
            if halfCloses { client.end() }
            try bench.settle()
            try bench.pass(.seconds(30))
            client.room = nil
            try bench.settle()
            #expect(client.text().contains("data: [DONE]"))
            try bench.pass(.seconds(3))
            #expect(client.isClosed)
            #expect(bench.leftover == [])
        }
    }

    @Test func `a client that trickles its request is answered and let go`() throws {
        var bench = try ProxyBench()
        let inHead = try bench.connect()
        inHead.send("GET /health HTTP/1.1\r\nHo")
        try bench.settle()
        try bench.pass(.seconds(9))
        inHead.send("st: localhost")
        try bench.settle()
        try bench.pass(.seconds(2))
        #expect(inHead.text().hasPrefix("HTTP/1.1 408"))
        let inBody = try bench.connect()
        inBody.send(String(ProxyBench.chat().dropLast(5)))
        try bench.settle()
        try bench.pass(.seconds(31))
        #expect(inBody.text().hasPrefix("HTTP/1.1 408"))
        let dripping = try bench.connect()
        dripping.send(String(ProxyBench.chat().dropLast(5)))
        try bench.settle()
        for _ in 0..<3 {
            try bench.pass(.seconds(11))
            dripping.send("x")
            try bench.settle()
        }
        #expect(dripping.text().hasPrefix("HTTP/1.1 408"))
        let silent = try bench.connect()
        try bench.pass(.seconds(11))
        #expect(silent.isClosed && silent.sent.isEmpty)
        try bench.pass(.seconds(3))
        #expect(bench.leftover == [])
    }

    @Test func `a keep-alive connection is let go when it is not used`() throws {
        var bench = try ProxyBench()
        let client = try bench.connect()
        client.send(ProxyBench.get("/health"))
        try bench.settle()
        try bench.pass(.seconds(74))
        #expect(!client.isClosed)
        try bench.pass(.seconds(2))
        #expect(client.isClosed)
    }
}
