import TestSupport
import Testing

@testable import Proxy
@testable import Reactor

@Suite struct `Requests that are not sealed` {
    private static let request = ProxyBench.post(
        #"{"model":"tee-m","messages":[{"role":"user","content":"x"}],"logprobs":true,"venice_parameters":{"enable_e2ee":true,"a":1}}"#
    )
    private static let answer = #"{"id":"1","model":"M/m","choices":[]}"#

    @Test func `are refused where the operator has not allowed them`() throws {
        var bench = try ProxyBench()
        let client = try bench.connect()
        client.send(Self.request)
        try bench.settle()
        let text = client.text()
        #expect(text.hasPrefix("HTTP/1.1 403") && text.contains("tee_mode_off"))
        #expect(bench.provider.chats.isEmpty)
        #expect(bench.provider.attestations.isEmpty)
    }

    @Test func `are sent once the enclave is verified, and say what they are`() throws {
        var bench = try ProxyBench(configure: { $0.allowsClear = true })
        bench.provider.chat = { _ in
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(Self.answer.utf8.count)\r\n\r\n\(Self.answer)"
        }
        let client = try bench.connect()
        client.send(Self.request)
        try bench.settle()
        #expect(bench.provider.attestations.count == 1)
        let sent = try #require(bench.provider.chats.first)
        #expect(
            String(decoding: sent.body, as: UTF8.self)
                == #"{"model":"m","messages":[{"role":"user","content":"x"}],"logprobs":true,"venice_parameters":{"enable_e2ee":false,"a":1,"include_venice_system_prompt":false}}"#
        )
        #expect(sent.field("X-Venice-TEE-Client-Pub-Key") == nil)
        let text = client.text()
        #expect(text.contains("x-e2ee-encrypted: no"))
        #expect(!text.contains("x-e2ee-key"))
        #expect(text.contains(#"{"model":"tee-m","id":"1","choices":[]}"#))
    }

    @Test func `are not sent to an enclave that is not verified`() throws {
        var bench = try ProxyBench(configure: { $0.allowsClear = true })
        bench.provider.spoilAttestation = { $0.replacingFirst("true", "false") }
        let client = try bench.connect()
        client.send(Self.request)
        try bench.settle()
        #expect(client.text().hasPrefix("HTTP/1.1 502"))
        #expect(bench.provider.chats.isEmpty)
    }

    @Test func `never are those that were asked for by the plain name`() throws {
        var bench = try ProxyBench(configure: { $0.allowsClear = true })
        bench.provider.chat = { try ScriptedProvider.answer($0, ["x"]) }
        let client = try bench.connect()
        client.send(ProxyBench.chat("a secret"))
        try bench.settle()
        let sent = try #require(bench.provider.chats.first)
        #expect(!String(decoding: sent.body, as: UTF8.self).contains("secret"))
        #expect(sent.field("X-Venice-TEE-Client-Pub-Key") != nil)
    }

    private static func streamed(_ choiceCount: Int) -> String {
        ProxyBench.post(
            #"{"model":"tee-m","stream":true,"n":\#(choiceCount),"messages":[{"role":"user","content":"x"}]}"#
        )
    }

    private static func finished(_ index: Int) -> String {
        #"data: {"choices":[{"index":\#(index),"delta":{},"finish_reason":"stop"}]}"# + "\n\n"
    }

    @Test(arguments: [1, 2]) func `end when every choice has`(finishedCount: Int) throws {
        var bench = try ProxyBench(configure: { $0.allowsClear = true })
        bench.provider.chat = { _ in
            ScriptedProvider.stream((0..<finishedCount).map(Self.finished))
        }
        let client = try bench.connect()
        client.send(Self.streamed(2))
        try bench.settle()
        let text = client.text()
        #expect(text.contains("[DONE]") == (finishedCount == 2))
        #expect(text.contains("upstream_truncated") == (finishedCount == 1))
    }

    @Test(arguments: [true, false])
    func `get no answer of another kind`(isStreaming: Bool) throws {
        var bench = try ProxyBench(configure: { $0.allowsClear = true })
        bench.provider.chat = { _ in
            isStreaming
                ? "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(Self.answer.utf8.count)\r\n\r\n\(Self.answer)"
                : ScriptedProvider.stream([Self.finished(0), "data: [DONE]\n\n"])
        }
        let client = try bench.connect()
        client.send(isStreaming ? Self.streamed(1) : Self.request)
        try bench.settle()
        let text = client.text()
        #expect(text.hasPrefix("HTTP/1.1 502") && text.contains("upstream_malformed"))
        #expect(text.components(of: "HTTP/1.1").count == 1)
    }

    @Test func `are not what a model of such a name gets`() throws {
        var bench = try ProxyBench(configure: { $0.allowsClear = true })
        bench.provider.catalogue = bench.provider.catalogue.replacingFirst(
            #""id":"m""#, #""id":"tee-m""#)
        let client = try bench.connect()
        client.send(ProxyBench.get("/v1/models"))
        try bench.settle()
        #expect(client.text().contains(#""data":[]"#))
        client.send(Self.request)
        try bench.settle()
        #expect(client.text().hasPrefix("HTTP/1.1 404"))
    }
}
