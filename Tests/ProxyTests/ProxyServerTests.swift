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
        var bench = try ProxyBench { $0.inboundKey = AccessKey("right") }
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
        client.send(ProxyBench.get("/ready"))
        try bench.settle()
        #expect(client.text().hasPrefix("HTTP/1.1 200"))
    }

    @Test func `ready is who can reach the provider and takes requests`() throws {
        var bench = try ProxyBench()
        bench.provider.catalogue = "no list"
        let client = try bench.connect()
        client.send(ProxyBench.get("/ready"))
        try bench.settle()
        #expect(client.text().hasPrefix("HTTP/1.1 503"))
        bench.provider.catalogue = ScriptedProvider.plainCatalogue
        try bench.pass(.seconds(30))
        client.send(ProxyBench.get("/v1/ready"))
        try bench.settle()
        #expect(client.text().hasSuffix(#"{"status":"ready","models":1}"#))
    }

    @Test func `without memory left requests are turned away, at every stage`()
        throws
    {
        var bench = try ProxyBench()
        let reading = try bench.connect()
        let asking = try bench.connect()
        reading.send(ProxyBench.chat().dropLast(5).description)
        try bench.settle()
        bench.setBufferedByteCountMax(0)
        reading.send("x")
        asking.send(ProxyBench.chat())
        let late = try bench.connect()
        try bench.settle()
        for client in [reading, asking, late] {
            let answer = client.text()
            #expect(answer.hasPrefix("HTTP/1.1 503"))
            #expect(answer.contains("Retry-After: 1"))
        }
        #expect(bench.provider.requests.isEmpty)
        bench.setBufferedByteCountMax(1 << 30)
        let again = try bench.connect()
        again.send(ProxyBench.chat())
        try bench.settle()
        #expect(bench.provider.chats.count == 1)
    }
}
