import TestSupport
import Testing

@testable import E2EE
@testable import Proxy
@testable import Reactor

@Suite struct `The proxy on a simulated kernel` {
    @Test func `a streamed answer arrives as it is opened, and nothing is left of it`() throws {
        var bench = try ProxyBench()
        bench.provider.chat = { try ScriptedProvider.answer($0, ["Hel", "lo"]) }
        let client = try bench.connect()
        client.send(ProxyBench.chat())
        try bench.settle()
        let text = client.text()
        #expect(text.contains(#""content":"Hel""#) && text.contains(#""content":"lo""#))
        #expect(text.hasSuffix("data: [DONE]\n\n\r\n0\r\n\r\n"))
        client.end()
        try bench.settle()
        #expect(client.isClosed)
        #expect(bench.leftover == [])
        #expect(bench.server.pool.idleCount == 1)
    }

    @Test(arguments: [1, 2, 7, 100])
    func `reads of any size on both sides give the same answer`(size: Int) throws {
        var bench = try ProxyBench()
        bench.provider.chat = { request in
            request.connection.receiveMax = size
            return try ScriptedProvider.answer(request, ["Hel", "lo", " 🌍"])
        }
        let client = try bench.connect()
        client.receiveMax = size
        client.send(ProxyBench.chat(isStreaming: false))
        for _ in 0..<20 where client.sent.isEmpty { try bench.settle() }
        #expect(client.text().contains(#""content":"Hello 🌍""#))
    }

    @Test func `what leaves is sealed, and carries the key of the proxy alone`() throws {
        var bench = try ProxyBench()
        bench.provider.chat = { try ScriptedProvider.answer($0, ["x"]) }
        let client = try bench.connect()
        client.send(
            ProxyBench.post(
                #"{"model":"m","messages":[{"role":"user","content":"MARKER"}],"user":"MARKER"}"#,
                "Authorization: Bearer MARKER\r\nX-Other: MARKER\r\n"))
        try bench.settle()
        let request = try #require(bench.provider.chats.first)
        let body = String(decoding: request.body, as: UTF8.self)
        #expect(!body.contains("MARKER") && !request.head.contains("MARKER"))
        #expect(request.field("Authorization") == "Bearer the-api-key")
        let sealed = try #require(body.split(separator: "\"").first { $0.count > 180 })
        #expect(try bench.provider.open(String(sealed)) == "MARKER")
    }

    @Test func `a prompt is forgotten once its answer has begun`() throws {
        var bench = try ProxyBench()
        bench.provider.chat = { request in
            let first = event(#""content":"\#(try ScriptedProvider.sealed("a", for: request))""#)
            return ScriptedProvider.stream([first], ends: false)
        }
        let client = try bench.connect()
        client.send(ProxyBench.chat())
        try bench.settle()
        #expect(client.text().contains(#""content":"a""#))
        let heldByteCount = bench.server.exchanges[client.token].body.heldByteCount
        #expect(heldByteCount == 0)
    }

    @Test func `fifty first requests make one attestation`() throws {
        var bench = try ProxyBench()
        bench.provider.chat = { try ScriptedProvider.answer($0, ["x"]) }
        var clients: [SimulatedWorld.Connection] = []
        for _ in 0..<50 { clients.append(try bench.connect()) }
        for client in clients { client.send(ProxyBench.chat()) }
        try bench.settle()
        #expect(bench.provider.attestations.count == 1)
        #expect(bench.provider.chats.count == 50)
        for client in clients { #expect(client.text().contains("[DONE]")) }
    }

    @Test func `evidence that does not hold refuses the request, and no prompt is sent`() throws {
        var bench = try ProxyBench()
        bench.provider.spoilAttestation = {
            String(decoding: $0.utf8.map { $0 }, as: UTF8.self).replacingFirst("true", "false")
        }
        let client = try bench.connect()
        client.send(ProxyBench.chat())
        try bench.settle()
        let text = client.text()
        #expect(text.hasPrefix("HTTP/1.1 502"))
        #expect(text.contains("x-should-retry: false"))
        #expect(text.contains("notVerified"))
        #expect(bench.provider.chats.isEmpty)
        bench.provider.spoilAttestation = { $0 }
        bench.provider.chat = { try ScriptedProvider.answer($0, ["x"]) }
        try bench.pass(.seconds(6))
        client.send(ProxyBench.chat())
        try bench.settle()
        #expect(client.text().contains("[DONE]"))
    }

    @Test func `an attestation that cannot be had is asked for a few times, then given up`() throws
    {
        var bench = try ProxyBench()
        bench.provider.attestationStatus = 502
        let client = try bench.connect()
        client.send(ProxyBench.chat())
        for _ in 0..<8 { try bench.pass(.seconds(1)) }
        #expect(bench.provider.attestations.count == Enclaves.tryCountMax)
        #expect(client.text().hasPrefix("HTTP/1.1 502"))
        #expect(bench.server.timers.count == 0)
    }

    @Test func `a model without evidence does not keep others from being attested`() throws {
        var bench = try ProxyBench()
        let other = ScriptedProvider.plainCatalogue.replacingFirst(#""m""#, #""n""#)
        bench.provider.catalogue = other.replacingFirst(
            "[", #"[{"id":"m","model_spec":{"capabilities":{"supportsE2EE":true}}},"#)
        bench.provider.chat = { try ScriptedProvider.answer($0, ["x"]) }
        bench.provider.attestationStatus = 404
        let client = try bench.connect()
        for _ in 1...Enclaves.failureCountMax {
            try bench.pass(Enclaves.failureMemory)
            client.send(ProxyBench.chat())
            try bench.settle()
            #expect(client.text().hasPrefix("HTTP/1.1 404"))
        }
        bench.provider.attestationStatus = 200
        bench.provider.spoilAttestation = {
            $0.replacingFirst(#""model":"m""#, #""model":"n""#)
        }
        client.send(ProxyBench.chat().replacingFirst(#""model":"m""#, #""model":"n""#))
        try bench.settle()
        #expect(client.text().contains("[DONE]"))
    }

    @Test func `a key the enclave no longer has is attested anew, once`() throws {
        var bench = try ProxyBench()
        var refusals = 1
        bench.provider.chat = { request in
            guard refusals == 0 else {
                refusals -= 1
                return ScriptedProvider.json(400, #"{"error":{"type":"e2ee_model_key_mismatch"}}"#)
            }
            return try ScriptedProvider.answer(request, ["x"])
        }
        let client = try bench.connect()
        client.send(ProxyBench.chat())
        try bench.settle()
        #expect(bench.provider.attestations.count == 2)
        #expect(client.text().contains("[DONE]"))
        refusals = 2
        client.send(ProxyBench.chat())
        try bench.settle()
        let text = client.text()
        #expect(text.hasPrefix("HTTP/1.1 502") && text.contains("model_key_changed"))
    }

    @Test func `what follows a request that cannot be sent again is answered`() throws {
        var bench = try ProxyBench()
        bench.provider.chat = { try ScriptedProvider.answer($0, ["x"]) }
        let first = try bench.connect()
        first.send(ProxyBench.chat())
        try bench.settle()
        #expect(first.text().contains("[DONE]"))
        try bench.pass(.seconds(601))
        bench.provider.chat = { _ in nil }
        bench.provider.catalogue = #"{"data":[]}"#
        let client = try bench.connect()
        client.send(ProxyBench.chat() + ProxyBench.get("/health"))
        try bench.settle()
        bench.provider.chats.last?.connection.send(
            ScriptedProvider.json(400, #"{"error":{"type":"e2ee_model_key_mismatch"}}"#))
        try bench.settle()
        let statuses = client.text().components(of: "HTTP/1.1 ").map { $0.prefix(3) }
        #expect(statuses == ["404", "200"])
    }

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

    @Test func `requests of one connection are answered in order, also when they come together`()
        throws
    {
        var bench = try ProxyBench()
        bench.provider.chat = { try ScriptedProvider.answer($0, ["chat"]) }
        let client = try bench.connect()
        client.send(
            ProxyBench.get("/health") + ProxyBench.chat(isStreaming: false)
                + ProxyBench.get("/nothing") + ProxyBench.get("/v1/models/m")
                + "OPTIONS /v1/models HTTP/1.1\r\nHost: localhost:5111\r\n\r\n"
                + ProxyBench.get("/health"))
        try bench.settle()
        let statuses = client.text().components(of: "HTTP/1.1 ").map { $0.prefix(3) }
        #expect(statuses == ["200", "200", "404", "200", "204", "200"])
    }

    @Test func `with an inbound key nothing but health is told to those who lack it`() throws {
        var bench = try ProxyBench { $0.inboundKey = "right" }
        for target in ["/v1/models", "/v1/chat/completions", "/nothing", "/"] {
            let client = try bench.connect()
            client.send(ProxyBench.get(target))
            try bench.settle()
            #expect(client.text().hasPrefix("HTTP/1.1 401"))
        }
        let client = try bench.connect()
        client.send(ProxyBench.get("/health"))
        try bench.settle()
        #expect(client.text().hasPrefix("HTTP/1.1 200"))
        #expect(bench.provider.requests.isEmpty)
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
    func `a request that met a dying connection is sent again on another`(isReset: Bool) throws {
        var bench = try ProxyBench()
        bench.provider.chat = { try ScriptedProvider.answer($0, ["x"]) }
        let client = try bench.connect()
        client.send(ProxyBench.chat())
        try bench.settle()
        #expect(client.text().contains("[DONE]"))
        let dying = try #require(bench.provider.chats.first?.connection)
        bench.provider.chat = { request in
            guard request.connection === dying else {
                return try ScriptedProvider.answer(request, ["y"])
            }
            if isReset { dying.reset() } else { dying.end() }
            return nil
        }
        client.send(ProxyBench.chat())
        try bench.settle()
        #expect(client.text().contains("[DONE]"))
        #expect(bench.provider.chats.count == 3)
        #expect(Set(bench.provider.chats.suffix(2).map(\.body)).count == 1)
        #expect(dying.isClosed)
        client.end()
        try bench.settle()
        #expect(bench.leftover == [])
    }

    @Test func `a request is not sent again once its answer began, nor on a new connection`()
        throws
    {
        for (piece, sendCount) in [("HTTP/1.1 2", 1), ("", 2)] {
            var bench = try ProxyBench()
            bench.provider.chat = { request in
                request.connection.end()
                return piece
            }
            let client = try bench.connect()
            // The connection that attested serves the chat as well.
            client.send(ProxyBench.chat())
            try bench.settle()
            #expect(client.text().contains("upstream_closed"))
            #expect(bench.provider.chats.count == sendCount)
        }
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
        }
    }
}

extension String {
    fileprivate func components(of mark: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self[...]
        while let start = rest.indices.first(where: { rest[$0...].hasPrefix(mark) }) {
            rest = rest[start...].dropFirst(mark.count)
            parts.append(rest)
        }
        return parts
    }

    fileprivate func replacingFirst(_ old: String, _ new: String) -> String {
        guard let start = indices.first(where: { self[$0...].hasPrefix(old) }) else { return self }
        return self[..<start] + new + self[start...].dropFirst(old.count)
    }
}
