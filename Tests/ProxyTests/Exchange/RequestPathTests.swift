import Bytes
import Foundation
import Testing

@testable import E2EE
@testable import Proxy

@Suite struct `Sealed requests` {
    /// The request as it leaves, parsed, and what an enclave reads in it.
    private func write(_ text: String) throws -> (json: [String: Any], opened: [String]) {
        let enclave = try EnclaveKey()
        var entropy = SystemEntropy()
        var sealer = try Sealer(to: enclave.verified, entropy: &entropy)
        var output = Buffer()
        let body = Array(text.utf8)
        let request = try `Chat requests`.read(text)
        try RequestPath.write(
            request, from: body.span, texts: MessageTexts(format: .of(model: request.model)),
            sealer: &sealer,
            entropy: &entropy, to: &output)
        let data = Data(output.readable.array)
        let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let messages = try #require(json["messages"] as? [[String: Any]])
        var opened: [String] = []
        for message in messages {
            #expect(Set(message.keys) == ["role", "content"])
            opened.append(try enclave.open(try #require(message["content"] as? String)))
        }
        return (json, opened)
    }

    private func texts(_ contents: [String]) throws -> [String] {
        let messages = contents.map { #"{"role":"user","content":\#($0)}"# }
        return try write(#"{"model":"m","messages":[\#(messages.joined(separator: ","))]}"#).opened
    }

    @Test func `every role is sealed, in order, and nothing else of a message leaves`() throws {
        let (json, opened) = try write(
            #"""
            {"model":"m","messages":[{"role":"developer","content":"a"},
            {"role":"user","content":"b","name":"secret"},{"role":"assistant","content":null},
            {"role":"assistant","content":"c","reasoning_content":"secret"},{"role":"user","content":""}]}
            """#)
        #expect(opened == ["a", "b", "", "c", ""])
        let roles = try #require(json["messages"] as? [[String: Any]]).map { $0["role"] as? String }
        #expect(roles == ["system", "user", "assistant", "assistant", "user"])
    }

    @Test func `only the allow-list leaves in clear`() throws {
        let (json, _) = try write(
            #"""
            {"model":"m","messages":[{"role":"user","content":"x"}],"stream":false,"temperature":0.70,
            "seed":-3,"user":"u","metadata":{"a":"b"},"unknown":"z","reasoning_effort":"low",
            "stream_options":{"include_usage":false,"x":1},"venice_parameters":{"x":"y"}}
            """#)
        #expect(
            Set(json.keys) == [
                "model", "messages", "stream", "stream_options", "temperature", "seed",
                "reasoning_effort", "venice_parameters",
            ])
        #expect(json["stream"] as? Bool == true)
        #expect((json["stream_options"] as? [String: Bool]) == ["include_usage": true])
        let venice = try #require(json["venice_parameters"] as? [String: Any])
        #expect(venice["include_venice_system_prompt"] as? Bool == false)
        #expect(venice["enable_web_search"] as? String == "off")
        #expect(venice.count == 2)
    }

    @Test func `escapes, emoji and controls arrive as the text they stand for`() throws {
        #expect(
            try texts([#""h\u00e9llo \ud83c\udf0d \"q\" \\ \n\t\u0000 😀""#])
                == ["héllo 🌍 \"q\" \\ \n\t\u{0} 😀"])
    }

    @Test(arguments: ["[1,2,3]", "  [", "\n\t[]", "[not json"])
    func `a text that could be taken for an array arrives as the one part of an array`(
        text: String
    ) throws {
        let encoded = String(
            decoding: try JSONSerialization.data(withJSONObject: text, options: .fragmentsAllowed),
            as: UTF8.self)
        let opened = try texts([encoded])[0]
        let parts = try #require(
            try JSONSerialization.jsonObject(with: Data(opened.utf8)) as? [[String: String]])
        #expect(parts == [["type": "text", "text": text]])
    }

    @Test func `a content array is sealed whole, with nothing but what is known of its parts`()
        throws
    {
        let opened = try texts([
            #"[ {"type":"text","text":"a\u0041","cache":"x"} , {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low","x":1}} ]"#
        ])
        #expect(
            opened == [
                #"[{"type":"text","text":"a\u0041"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}}]"#
            ])
    }

    @Test func `one sender key per request, a fresh nonce per text`() throws {
        let enclave = try EnclaveKey()
        var entropy = SystemEntropy()
        let text =
            #"{"model":"m","messages":[{"role":"user","content":"x"},{"role":"user","content":"x"}]}"#
        var senders: Set<Substring> = []
        var nonces: Set<Substring> = []
        for _ in 0..<2 {
            var sealer = try Sealer(to: enclave.verified, entropy: &entropy)
            var output = Buffer()
            try RequestPath.write(
                try `Chat requests`.read(text), from: text.utf8Span.span,
                texts: MessageTexts(format: .of(model: "m")), sealer: &sealer,
                entropy: &entropy, to: &output)
            let json = output.readable.text
            for part in json.components(separatedBy: #""content":""#).dropFirst() {
                senders.insert(part.prefix(130))
                nonces.insert(part.dropFirst(130).prefix(24))
            }
        }
        #expect(senders.count == 2)
        #expect(nonces.count == 4)
    }
}
