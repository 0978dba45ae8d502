import TestSupport
import Testing

@testable import Proxy
@testable import Reactor

/// Several sealed requests for one of the client's: more than one choice, and turns that tell a
/// model what was wrong.
@Suite struct `Several attempts at one answer` {
    private static let object = #""response_format":{"type":"json_object"}"#

    private static func post(_ members: String, isStreaming: Bool = false) -> String {
        ProxyBench.post(
            #"{"model":"m","stream":\#(isStreaming),"messages":[{"role":"user","content":"x"}],\#(members)}"#
        )
    }

    @Test func `choices are answered in their order, whatever order they end in`() throws {
        var bench = try ProxyBench()
        let client = try bench.connect()
        client.send(Self.post(#""n":3"#))
        try bench.settle()
        let chats = bench.provider.chats
        #expect(chats.count == 3)
        #expect(Set(chats.map { $0.field("X-Venice-TEE-Client-Pub-Key") ?? "" }).count == 3)
        for index in [2, 0, 1] {
            #expect(client.sent.isEmpty)
            chats[index].connection.send(try ScriptedProvider.answer(chats[index], ["c\(index)"]))
            try bench.settle()
        }
        let text = client.text()
        let places = (0..<3).compactMap { text.range(of: #""content":"c\#($0)""#)?.lowerBound }
        #expect(places.count == 3)
        #expect(places == places.sorted())
        #expect(text.contains(#""index":2"#))
    }

    @Test func `streamed choices end together, with one end`() throws {
        var bench = try ProxyBench()
        let client = try bench.connect()
        client.send(Self.post(#""n":2"#, isStreaming: true))
        try bench.settle()
        let chats = bench.provider.chats
        chats[1].connection.send(try ScriptedProvider.answer(chats[1], ["b"]))
        try bench.settle()
        #expect(!client.text().contains("[DONE]"))
        chats[0].connection.send(try ScriptedProvider.answer(chats[0], ["a"]))
        try bench.settle()
        #expect(client.text().components(of: "[DONE]").count == 1)
    }

    @Test func `one choice that fails fails the answer, and the others are not waited for`() throws
    {
        for isStreaming in [false, true] {
            var bench = try ProxyBench()
            let client = try bench.connect()
            client.send(Self.post(#""n":3"#, isStreaming: isStreaming))
            try bench.settle()
            let chats = bench.provider.chats
            chats[1].connection.send(try ScriptedProvider.answer(chats[1], ["b"]))
            chats[0].connection.send(ScriptedProvider.stream(["data: {oops\n\n"], ends: false))
            try bench.settle()
            #expect(client.text().contains("upstream_malformed"))
            #expect(!client.text().contains("[DONE]"))
            #expect(chats[2].connection.isClosed)
        }
    }

    @Test func `a changed key is asked for once, and all choices are asked again`() throws {
        var bench = try ProxyBench()
        let client = try bench.connect()
        client.send(Self.post(#""n":2"#))
        try bench.settle()
        let first = bench.provider.chats
        let refusal = #"{"error":{"type":"e2ee_model_key_mismatch"}}"#
        first[0].connection.send(
            "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: \(refusal.utf8.count)\r\n\r\n\(refusal)"
        )
        bench.provider.chat = { try ScriptedProvider.answer($0, ["again"]) }
        try bench.settle()
        #expect(first[1].connection.isClosed)
        #expect(bench.provider.chats.count == 4)
        #expect(bench.provider.attestations.count == 2)
        #expect(client.text().components(of: "again").count == 2)
    }

    @Test func `an answer of the wrong form is asked for again, twice and no more`() throws {
        for badCount in 0...3 {
            var bench = try ProxyBench()
            var count = 0
            bench.provider.chat = { request in
                count += 1
                return try ScriptedProvider.answer(request, [count > badCount ? "{}" : "words"])
            }
            let client = try bench.connect()
            client.send(Self.post(Self.object))
            try bench.settle()
            #expect(bench.provider.chats.count == min(badCount, 2) + 1)
            let text = client.text()
            #expect(text.contains("invalid_structured_output") == (badCount == 3))
            #expect(text.contains(#""content":"{}""#) == (badCount < 3))
        }
    }

    @Test func `a client that left is not asked for again`() throws {
        var bench = try ProxyBench()
        let client = try bench.connect()
        client.send(Self.post(Self.object))
        try bench.settle()
        let chat = bench.provider.chats[0]
        client.end()
        chat.connection.send(try ScriptedProvider.answer(chat, ["words"]))
        try bench.settle()
        #expect(bench.provider.chats.count == 1)
    }

    @Test func `a stop string closes the provider's connection, and the next request works`() throws
    {
        var bench = try ProxyBench()
        let client = try bench.connect()
        client.send(Self.post(#""stop":"END""#, isStreaming: true))
        try bench.settle()
        let chat = bench.provider.chats[0]
        let text = event(#""content":"\#(try ScriptedProvider.sealed("a END b", for: chat))""#)
        chat.connection.send(ScriptedProvider.stream([text], ends: false))
        try bench.settle()
        #expect(chat.connection.isClosed)
        let heard = client.text()
        #expect(heard.contains(#""content":"a ""#) && heard.contains(#""finish_reason":"stop""#))
        #expect(heard.contains("[DONE]"))
        bench.provider.chat = { try ScriptedProvider.answer($0, ["next"]) }
        client.send(ProxyBench.chat())
        try bench.settle()
        #expect(client.text().contains("next"))
    }
}
