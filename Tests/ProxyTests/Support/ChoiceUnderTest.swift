import Bytes
import Foundation
import Testing

@testable import E2EE
@testable import Proxy

/// One choice of an answer, fed with what a model writes.
struct ChoiceUnderTest: ~Copyable {
    struct Call: Equatable, Codable {
        var name: String
        var arguments: String
    }

    /// What the client has read of a stream.
    struct Heard: Equatable {
        var content = ""
        var reasoning = ""
        var calls: [Call] = []
        var ids: [String] = []
        var finish: String?
    }

    var choice: Choice
    var reply: ChatReply
    private var fields = AnswerFields()
    var output = Buffer()

    /// - `members`: of the request, beside model and messages.
    init(
        _ members: String = "", model: String = "m", isStreaming: Bool = true,
        thinking: ThinkSplitter.Mode = .auto
    ) throws {
        let request = try `Chat requests`.read(
            #"{"model":"\#(model)","stream":\#(isStreaming),"messages":[{"role":"user","content":"x"}]"#
                + (members.isEmpty ? "" : ",") + members + "}")
        choice = Choice(0, of: request, thinking: thinking)
        reply = ChatReply(
            to: request, answer: ClientAnswer(requestID: "req-1"), created: 7,
            reasoningField: .reasoningContent)
    }

    mutating func say(_ piece: Span<UInt8>) {
        fields.append(piece, to: .content)
        choice.take(fields, reply: &reply, to: &output)
        fields.clear()
    }

    mutating func say(_ piece: String) { say(piece.utf8Span.span) }

    mutating func think(_ piece: String) {
        fields.append(piece.utf8Span.span, to: .reasoningContent)
        choice.take(fields, reply: &reply, to: &output)
        fields.clear()
    }

    mutating func finish(_ reason: FinishReason = .stop) throws {
        fields.finish()
        choice.take(fields, reply: &reply, to: &output)
        fields.clear()
        try choice.finish(reason, reply: &reply, to: &output)
    }

    /// The choice of a folded answer.
    func folded() throws -> [String: Any] {
        var text = Buffer()
        choice.write(.reasoningContent, to: &text)
        let json = try JSONSerialization.jsonObject(with: Data(text.readable.array))
        return try #require(json as? [String: Any])
    }

    var heard: Heard {
        get throws { try Heard(deltas: deltas()) }
    }

    /// The choices of all chunks, in order.
    func deltas() throws -> [[String: Any]] {
        var choices: [[String: Any]] = []
        for line in output.readable.text.split(whereSeparator: { $0 == "\n" || $0 == "\r\n" })
        where line.hasPrefix("data: {") {
            let json = try JSONSerialization.jsonObject(with: Data(line.dropFirst(6).utf8))
            let chunk = try #require(json as? [String: Any])
            choices += try #require(chunk["choices"] as? [[String: Any]])
        }
        return choices
    }
}

extension ChoiceUnderTest.Heard {
    /// Reads the deltas as OpenAI's clients do, and holds them to the order these need.
    fileprivate init(deltas: [[String: Any]]) throws {
        for choice in deltas {
            let delta = try #require(choice["delta"] as? [String: Any])
            content += delta["content"] as? String ?? ""
            reasoning += delta["reasoning_content"] as? String ?? ""
            finish = choice["finish_reason"] as? String ?? finish
            for call in delta["tool_calls"] as? [[String: Any]] ?? [] {
                try take(call)
            }
        }
    }

    private mutating func take(_ call: [String: Any]) throws {
        let index = try #require(call["index"] as? Int)
        let function = try #require(call["function"] as? [String: Any])
        if index == calls.count {
            #expect(call["type"] as? String == "function")
            #expect(function["arguments"] as? String == "")
            ids.append(try #require(call["id"] as? String))
            calls.append(.init(name: try #require(function["name"] as? String), arguments: ""))
        } else {
            #expect(index == calls.count - 1)
            #expect(call["id"] == nil)
            calls[index].arguments += try #require(function["arguments"] as? String)
        }
    }
}

/// What a buffer holds, for expectations that cannot take the buffer itself.
func held(by buffer: borrowing Buffer) -> String { buffer.readable.text }
