import TestSupport
import Testing

@testable import E2EE
@testable import Proxy
@testable import Reactor

@Suite struct `Providers that are slow, silent or broken` {
    @Test func `silence of the provider ends in a timeout, before the answer and in it`() throws {
        var bench = try ProxyBench()
        let client = try bench.connect()
        client.send(ProxyBench.chat())
        try bench.settle()
        try bench.pass(.seconds(59))
        #expect(client.sent.isEmpty)
        try bench.pass(.seconds(2))
        #expect(client.text().hasPrefix("HTTP/1.1 504"))
        bench.provider.chat = { request in
            let first = event(#""content":"\#(try ScriptedProvider.sealed("a", for: request))""#)
            return ScriptedProvider.stream([first], ends: false)
        }
        client.send(ProxyBench.chat())
        try bench.settle()
        #expect(client.text().contains(#""content":"a""#))
        try bench.pass(.seconds(61))
        let end = client.text()
        #expect(end.contains("upstream_timeout") && !end.contains("[DONE]"))
        #expect(!end.hasSuffix("0\r\n\r\n"))
        #expect(client.isFinished)
    }

    @Test func `a request that takes long to send is waited for as long as it moves`() throws {
        var bench = try ProxyBench()
        bench.provider.chat = { try ScriptedProvider.answer($0, ["x"]) }
        let client = try bench.connect()
        client.send(ProxyBench.chat())
        try bench.settle()
        #expect(client.text().contains("[DONE]"))
        let upstream = try #require(bench.provider.chats.first?.connection)
        bench.provider.chat = { _ in nil }
        upstream.room = 100
        client.send(ProxyBench.chat())
        try bench.settle()
        for _ in 0..<4 {
            try bench.pass(.seconds(40))
            upstream.room = 100
            try bench.settle()
        }
        upstream.room = nil
        try bench.settle()
        try bench.pass(.seconds(59))
        #expect(client.sent.isEmpty)
        try bench.pass(.seconds(2))
        #expect(client.text().hasPrefix("HTTP/1.1 504"))
        let other = try bench.connect()
        bench.provider.chat = { request in
            request.connection.room = 100
            return try ScriptedProvider.answer(request, ["x"])
        }
        other.send(ProxyBench.chat())
        try bench.settle()
        #expect(other.text().contains("[DONE]"))
        other.send(ProxyBench.chat())
        try bench.settle()
        for _ in 0..<2 { try bench.pass(.seconds(61)) }
        #expect(other.text().hasPrefix("HTTP/1.1 504"))
    }

    @Test func `an answer's formal end may not trickle for ever, nor may a catalogue`() throws {
        var bench = try ProxyBench()
        bench.provider.chat = { request in
            let text = event(#""content":"\#(try ScriptedProvider.sealed("a", for: request))""#)
            return ScriptedProvider.stream([text, event("", finish: #""stop""#)], ends: false)
        }
        let client = try bench.connect()
        client.send(ProxyBench.chat())
        try bench.settle()
        let upstream = try #require(bench.provider.chats.first?.connection)
        for _ in 0..<3 {
            upstream.send("4\r\n: \n\n\r\n")
            try bench.pass(.seconds(2))
        }
        #expect(client.text().hasSuffix("data: [DONE]\n\n\r\n0\r\n\r\n"))
        #expect(upstream.isClosed)
    }

    @Test func `an answer that is cut is an error event and a cut body`() throws {
        var bench = try ProxyBench()
        bench.provider.chat = { request in
            request.connection.end()
            let first = event(#""content":"\#(try ScriptedProvider.sealed("a", for: request))""#)
            return ScriptedProvider.stream([first], ends: false)
        }
        let client = try bench.connect()
        client.send(ProxyBench.chat())
        try bench.settle()
        let text = client.text()
        #expect(text.contains(#""content":"a""#) && text.contains("upstream_closed"))
        #expect(!text.contains("[DONE]") && !text.hasSuffix("0\r\n\r\n"))
        #expect(client.isFinished)
        client.send(ProxyBench.chat(isStreaming: false))
        let second = try bench.connect()
        second.send(ProxyBench.chat(isStreaming: false))
        try bench.settle()
        #expect(second.text().hasPrefix("HTTP/1.1 502"))
    }

    @Test func `a finished answer whose formal end is missing is complete`() throws {
        var bench = try ProxyBench()
        bench.provider.chat = { request in
            request.connection.end()
            let text = event(#""content":"\#(try ScriptedProvider.sealed("a", for: request))""#)
            return ScriptedProvider.stream([text, event("", finish: #""stop""#)], ends: false)
        }
        let client = try bench.connect()
        client.send(ProxyBench.chat())
        try bench.settle()
        #expect(client.text().hasSuffix("data: [DONE]\n\n\r\n0\r\n\r\n"))
    }

    @Test func `a provider that cannot be reached is an error, and is tried on all its addresses`()
        throws
    {
        var bench = try ProxyBench {
            $0.upstream = (try? UpstreamURL("http://localhost:9"))!
        }
        let first = SocketAddress(literal: "::1", port: 9)!
        let second = SocketAddress(literal: "127.0.0.1", port: 9)!
        let client = try bench.connect()
        client.send(ProxyBench.get("/v1/models"))
        try bench.settle()
        #expect(client.text().contains("upstream_unresolved"))
        bench.world.names["localhost"] = [first, second]
        bench.world.refused = [first]
        try bench.pass(.seconds(4))
        client.send(ProxyBench.get("/v1/models"))
        try bench.settle()
        #expect(client.text().contains(#""id":"m""#))
    }

    @Test func `an address that never answers leaves time for the others`() throws {
        let first = SocketAddress(literal: "::1", port: 9)!
        let second = SocketAddress(literal: "127.0.0.1", port: 9)!
        for silent: Set in [[first], [first, second]] {
            var bench = try ProxyBench {
                $0.upstream = (try? UpstreamURL("http://localhost:9"))!
            }
            bench.world.names["localhost"] = [first, second]
            bench.world.silent = silent
            let client = try bench.connect()
            client.send(ProxyBench.get("/v1/models"))
            try bench.settle()
            try bench.pass(.seconds(6))
            #expect(client.text().contains(#""id":"m""#) == (silent.count == 1))
            try bench.pass(.seconds(5))
            #expect(client.text().contains("upstream_timeout") == (silent.count == 2))
            client.end()
            try bench.settle()
            #expect(bench.leftover == [])
        }
    }

    @Test(arguments: [true, false])
    func `a question that met a dying connection is put again on another`(isReset: Bool) throws {
        var bench = try ProxyBench()
        bench.provider.chat = { try ScriptedProvider.answer($0, ["x"]) }
        // The connection that brought the catalogue is asked for evidence, and dies of it.
        let world = bench.world
        bench.provider.answersAttestation = { request in
            guard request.connection === world.connections.first(where: { $0.address != nil })
            else { return true }
            if isReset { request.connection.reset() } else { request.connection.end() }
            return false
        }
        let client = try bench.connect()
        client.send(ProxyBench.chat())
        try bench.settle()
        #expect(client.text().contains("[DONE]"))
        #expect(bench.provider.attestations.count == 2)
        #expect(bench.provider.attestations[0].head != bench.provider.attestations[1].head)
    }

    @Test(arguments: [true, false])
    func `a chat that may have run is never sent twice`(isReset: Bool) throws {
        var bench = try ProxyBench()
        bench.provider.chat = { request in
            if isReset { request.connection.reset() } else { request.connection.end() }
            return nil
        }
        let client = try bench.connect()
        // The connection that attested serves the chat as well.
        client.send(ProxyBench.chat())
        try bench.settle()
        #expect(client.text().contains("upstream_closed"))
        #expect(bench.provider.chats.count == 1)
        client.end()
        try bench.settle()
        #expect(bench.leftover == [])
    }

    @Test func `a connection whose request was answered unread is not used again`() throws {
        var bench = try ProxyBench()
        bench.provider.chat = { try ScriptedProvider.answer($0, ["x"]) }
        let client = try bench.connect()
        client.send(ProxyBench.chat())
        try bench.settle()
        let upstream = try #require(bench.provider.chats.first?.connection)
        #expect(client.text().contains("[DONE]"))
        upstream.room = 100
        client.send(ProxyBench.chat())
        try bench.settle()
        upstream.send(ScriptedProvider.json(413, "{}"))
        try bench.settle()
        #expect(client.text().hasPrefix("HTTP/1.1 413"))
        #expect(upstream.isClosed)
        client.send(ProxyBench.chat())
        try bench.settle()
        #expect(client.text().contains("[DONE]"))
    }
}
