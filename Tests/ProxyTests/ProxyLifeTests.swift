import TestSupport
import Testing

@testable import E2EE
@testable import Proxy
@testable import Reactor

@Suite struct `The end of the proxy` {
    @Test func `stopping waits for a client that still reads its answer`() throws {
        for fields in ["", "Connection: close\r\n"] {
            var bench = try ProxyBench()
            let client = try bench.connect()
            client.room = 10
            client.send(
                "GET /health HTTP/1.1\r\nHost: localhost:5111\r\n\(fields)\r\n")
            try bench.settle()
            bench.world.signal(.terminate)
            try bench.settle()
            client.room = nil
            try bench.settle()
            #expect(client.text().hasSuffix("}"))
            try bench.pass(.seconds(3))
            #expect(bench.server.isRunning == false)
        }
    }

    @Test func `stopping lets answers finish, refuses the rest, and ends`() throws {
        var bench = try ProxyBench()
        let streaming = try bench.connect()
        let idle = try bench.connect()
        streaming.send(ProxyBench.chat())
        try bench.settle()
        let request = try #require(bench.provider.chats.first)
        bench.world.signal(.terminate)
        try bench.settle()
        #expect(bench.server.isRunning == true)
        #expect(idle.isClosed)
        #expect(bench.world.listeners.isEmpty)
        request.connection.send(try ScriptedProvider.answer(request, ["bye"]))
        try bench.settle()
        #expect(streaming.text().hasSuffix("data: [DONE]\n\n\r\n0\r\n\r\n"))
        streaming.end()
        try bench.settle()
        #expect(bench.server.isRunning == false)
    }

    @Test func `evidence that arrives with the last signal finds nobody waiting`() throws {
        var bench = try ProxyBench()
        let world = bench.world
        bench.provider.answersAttestation = { _ in
            world.signal(.terminate)
            world.signal(.terminate)
            return true
        }
        let client = try bench.connect()
        client.send(ProxyBench.chat())
        try bench.settle()
        #expect(bench.server.isRunning == false)
        #expect(client.text().contains("shutting_down"))
        #expect(bench.provider.chats.isEmpty)
    }

    @Test func `the drain has a limit, and a second signal ends at once`() throws {
        for isSecondSignal in [true, false] {
            var bench = try ProxyBench()
            let client = try bench.connect()
            client.send(ProxyBench.chat())
            try bench.settle()
            bench.world.signal(.terminate)
            try bench.settle()
            #expect(bench.server.isRunning == true)
            if isSecondSignal {
                bench.world.signal(.interrupt)
                try bench.settle()
            } else {
                try bench.pass(.seconds(31))
            }
            #expect(bench.server.isRunning == false)
            let text = client.text()
            #expect(text.hasPrefix("HTTP/1.1 503") && text.contains("shutting_down"))
        }
    }
}
