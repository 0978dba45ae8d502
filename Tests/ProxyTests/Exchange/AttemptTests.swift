import Bytes
import Foundation
import TestSupport
import Testing

@testable import E2EE
@testable import Proxy

@Suite struct `Answers on their way` {
    static let streamed = #"{"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]}"#
    static let withUsage =
        #"{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"x"}]}"#
    static let folded = #"{"model":"m","messages":[{"role":"user","content":"x"}]}"#
    static let usage =
        #"data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"prompt_tokens_details":{"cached_tokens":1},"note":"secret"}}"#
        + "\n\n"

    /// The JSON objects of the events, and how often `[DONE]` came.
    private func events(_ text: String) throws -> (chunks: [[String: Any]], doneCount: Int) {
        var chunks: [[String: Any]] = []
        var doneCount = 0
        for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix("data: ") {
            let data = line.dropFirst(6)
            if data == "[DONE]" {
                doneCount += 1
            } else {
                let json = try JSONSerialization.jsonObject(with: Data(data.utf8))
                chunks.append(try #require(json as? [String: Any]))
            }
        }
        return (chunks, doneCount)
    }

    private func delta(_ chunk: [String: Any]) -> [String: Any] {
        let choices = chunk["choices"] as? [[String: Any]]
        return choices?.first?["delta"] as? [String: Any] ?? [:]
    }

    private func finish(_ chunk: [String: Any]) -> String? {
        let choices = chunk["choices"] as? [[String: Any]]
        return choices?.first?["finish_reason"] as? String
    }

    @Test func `a stream is opened chunk by chunk, named and ended once`() throws {
        var test = try AttemptUnderTest(Self.withUsage)
        try test.relay(event(#""role":"assistant""#))
        #expect(test.reply.isCommitted == false)
        try test.relay(event(#""content":"\#(try sealed("Hel", to: test.client))""#))
        #expect(test.reply.isCommitted == true)
        try test.relay(event(#""content":"\#(try sealed("lo", to: test.client))""#))
        try test.relay(event("", finish: #""stop""#) + Self.usage + "data: [DONE]\n\n")
        #expect(test.attempt.isDone == true)
        try test.end()
        let (chunks, doneCount) = try events(test.text)
        #expect(doneCount == 1)
        #expect(chunks.map { delta($0)["content"] as? String } == ["Hel", "lo", nil, nil])
        #expect(delta(chunks[0])["role"] as? String == "assistant")
        #expect(chunks.map(finish) == [nil, nil, "stop", nil])
        #expect(Set(chunks.map { $0["id"] as? String }) == ["chat-1"])
        #expect(Set(chunks.map { $0["created"] as? Int }) == [99])
        #expect(Set(chunks.map { $0["model"] as? String }) == ["m"])
        #expect(chunks[0]["usage"] is NSNull)
        let usage = try #require(chunks[3]["usage"] as? [String: Any])
        #expect(usage["total_tokens"] as? Int == 5)
        #expect(usage["note"] == nil)
        #expect(test.text.hasSuffix("0\r\n\r\n") == true)
    }

    @Test func `usage is told only to clients that asked`() throws {
        var test = try AttemptUnderTest(Self.streamed)
        try test.relay(event(#""content":"\#(try sealed("x", to: test.client))""#))
        try test.relay(event("", finish: #""stop""#) + Self.usage + "data: [DONE]\n\n")
        try test.end()
        #expect(test.text.contains("usage") == false)
    }

    @Test(arguments: [1, 2, 3, 7, 64, 100_000])
    func `any cut of the bytes gives the same answer`(size: Int) throws {
        var test = try AttemptUnderTest(Self.folded)
        let stream =
            ": hello\r\n" + event(#""role":"assistant","content":null"#)
            + event(#""reasoning_content":"\#(try sealed("think", to: test.client))""#)
            + event(#""content":"\#(try sealed("a\"b\n", to: test.client))""#)
            .replacingOccurrences(of: "\n", with: "\r\n")
            + event(#""content":"\#(try sealed("€", to: test.client))""#, finish: #""length""#)
            + "data: [DONE]\n\n"
        for piece in pieces(of: Array(stream.utf8), size: size) {
            try test.attempt.relay(piece.span, reply: &test.reply, to: &test.output)
        }
        try test.end()
        let body = test.text.components(separatedBy: "\r\n\r\n")[1]
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
        let choice = try #require((json["choices"] as? [[String: Any]])?.first)
        let message = try #require(choice["message"] as? [String: Any])
        #expect(message["content"] as? String == "a\"b\n€")
        #expect(message["reasoning_content"] as? String == "think")
        #expect(choice["finish_reason"] as? String == "length")
        #expect(json["object"] as? String == "chat.completion")
        #expect(json["usage"] == nil)
    }

    @Test func `one envelope under both names of reasoning is one text`() throws {
        var test = try AttemptUnderTest(Self.streamed)
        let digits = try sealed("think", to: test.client)
        try test.relay(event(#""reasoning":"\#(digits)","reasoning_content":"\#(digits)""#))
        try test.relay(event("", finish: #""stop""#))
        try test.end()
        let (chunks, _) = try events(test.text)
        #expect(delta(chunks[0])["reasoning_content"] as? String == "think")
        #expect(delta(chunks[0])["reasoning"] == nil)
    }

    @Test func `a character cut between two envelopes arrives whole`() throws {
        var test = try AttemptUnderTest(Self.streamed)
        let bytes = Array("😀".utf8)
        try test.relay(event(#""content":"\#(try sealed(Array(bytes[..<2]), to: test.client))""#))
        try test.relay(event(#""content":"\#(try sealed(Array(bytes[2...]), to: test.client))""#))
        try test.relay(event("", finish: #""stop""#))
        try test.end()
        let (chunks, doneCount) = try events(test.text)
        #expect(chunks.compactMap { delta($0)["content"] as? String } == ["😀"])
        #expect(doneCount == 1)
    }

    @Test func `a character that never ends is told as malformed, before the finish`() throws {
        var test = try AttemptUnderTest(Self.streamed)
        try test.relay(event(#""content":"\#(try sealed([0x61, 0xF0, 0x9F], to: test.client))""#))
        try test.relay(event("", finish: #""stop""#))
        try test.end()
        let (chunks, _) = try events(test.text)
        let text = chunks.compactMap { delta($0)["content"] as? String }.joined()
        #expect(text == "a\u{FFFD}")
        #expect(chunks.last.map(finish) == "stop")
    }

    @Test func `the end of a stream without a finish is an error, with one it is supplied`() throws
    {
        var cut = try AttemptUnderTest(Self.streamed)
        try cut.relay(event(#""content":"\#(try sealed("x", to: cut.client))""#))
        #expect(throws: AnswerError.unfinished) { try cut.end() }
        #expect(cut.text.contains("[DONE]") == false)
        var done = try AttemptUnderTest(Self.streamed)
        try done.relay("data: [DONE]\n\n")
        #expect(throws: AnswerError.unfinished) { try done.end() }
        var missing = try AttemptUnderTest(Self.streamed)
        try missing.relay(event("", finish: #""stop""#) + "data: [DONE]")
        try missing.end()
        #expect(missing.text.contains("data: [DONE]\n\n") == true)
    }

    @Test func `an altered, foreign, short, clear or repeated envelope ends the answer`() throws {
        var entropy = SystemEntropy()
        let other = try PrivateKey(from: &entropy).publicKey
        func failure(_ make: (PublicKey) throws -> String) throws -> AnswerError? {
            var test = try AttemptUnderTest(Self.streamed)
            do {
                try test.relay(try make(test.client))
                return nil
            } catch {
                #expect(!test.reply.isCommitted || test.text.contains("first"))
                return error as? AnswerError
            }
        }
        #expect(
            try failure { key in
                let good = try sealed("secret", to: key)
                let last = good.last == "0" ? "1" : "0"
                return event(#""content":"\#(good.dropLast())\#(last)""#)
            } == .envelope(.forged))
        #expect(
            try failure { _ in event(#""content":"\#(try sealed("secret", to: other))""#) }
                == .envelope(.forged))
        #expect(try failure { _ in event(#""content":"04abcd""#) } == .envelope(.tooShort))
        #expect(try failure { _ in event(#""content":"hello""#) } == .envelope(.notHex))
        #expect(try failure { _ in event(#""content":"\n""#) } != nil)
        #expect(
            try failure { key in
                let twice = event(#""content":"\#(try sealed("first", to: key))""#)
                return twice + twice
            } == .envelope(.repeated))
    }

    @Test func `text after the finish, and error events, end the answer`() throws {
        var late = try AttemptUnderTest(Self.streamed)
        try late.relay(event("", finish: #""stop""#))
        let more = event(#""content":"\#(try sealed("more", to: late.client))""#)
        #expect(throws: AnswerError.textAfterFinish) { try late.relay(more) }
        var failed = try AttemptUnderTest(Self.streamed)
        #expect(throws: AnswerError.reported(isStaleKey: false)) {
            try failed.relay(#"data: {"error":{"message":"secret"}}"# + "\n\n")
        }
        var stale = try AttemptUnderTest(Self.streamed)
        #expect(throws: AnswerError.reported(isStaleKey: true)) {
            try stale.relay(#"data: {"error":{"type":"e2ee_model_key_mismatch"}}"# + "\n\n")
        }
    }

    @Test func `reasoning under both names is told once, and twice where it differs`() throws {
        var test = try AttemptUnderTest(Self.folded)
        for (name, other) in [("same", "same"), (" a", " b")] {
            try test.relay(
                event(
                    #""reasoning":"\#(try sealed(other, to: test.client))","reasoning_content":"\#(try sealed(name, to: test.client))""#
                ))
        }
        try test.relay(event("", finish: #""stop""#))
        try test.end()
        #expect(test.text.contains(#""reasoning_content":"same a b""#) == true)
        #expect(test.text.contains(#""reasoning""#) == false)
    }

    @Test func `an id of another form is replaced by one of ours`() throws {
        var test = try AttemptUnderTest(Self.streamed)
        let text = event(#""content":"\#(try sealed("x", to: test.client))""#)
        try test.relay(text.replacingOccurrences(of: "chat-1", with: "<b> secret"))
        let (chunks, _) = try events(test.text)
        #expect(chunks[0]["id"] as? String == "chatcmpl-req-1")
    }

    @Test func `an old client gets no chunks`() throws {
        var test = try AttemptUnderTest(Self.streamed, isOldClient: true)
        try test.relay(
            event(#""content":"\#(try sealed("x", to: test.client))""#, finish: #""stop""#))
        try test.end()
        let parts = test.text.components(separatedBy: "\r\n\r\n")
        #expect(parts.count == 2)
        #expect(!parts[0].lowercased().contains("transfer-encoding"))
        #expect(parts[1].hasPrefix("data: {") && parts[1].hasSuffix("data: [DONE]\n\n"))
    }
}
