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
}
