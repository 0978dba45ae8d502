import Bytes

@testable import E2EE
@testable import Proxy

enum AnswerTargets {
    /// Read once: it is not what is tried here.
    private static let request = try? ChatRequest(
        Array(
            #"""
            {"model":"e2ee-glm","stream":true,"stop":["STOP","\n\n\n"],"messages":[{"role":"user","content":"x"}],
            "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":
            {"a":{"type":"integer"},"s":{"type":"string"}},"required":["a"],"additionalProperties":false}}},
            {"type":"function","function":{"name":"g"}}]}
            """#.utf8
        ).span)

    /// What a model writes is read the same however it is cut, every call that is made has
    /// arguments that its schema allows, and no byte of the rest is lost.
    /// - `input`: the size of the pieces, how the answer ends, and what the model writes.
    static func answer(_ input: [UInt8]) {
        guard input.count > 2, let request else { return }
        let text = Array(String(decoding: input[2...], as: UTF8.self).utf8)
        let isCutShort = input[1] & 1 == 1
        let whole = run(request, [text[...]], isCutShort)
        let size = Int(input[0] % 31) + 1
        let pieces = stride(from: 0, to: text.count, by: size).map {
            text[$0..<min($0 + size, text.count)]
        }
        let cut = run(request, pieces, isCutShort)
        precondition(whole.read == cut.read, "read otherwise where it is cut otherwise")
    }

    private struct Outcome {
        /// Content, thoughts and calls, whatever chunks they came in.
        var read: [String] = ["", "", ""]
    }

    private static func run(
        _ request: ChatRequest, _ pieces: [ArraySlice<UInt8>], _ isCutShort: Bool
    ) -> Outcome {
        var choice = Choice(0, of: request, thinking: .auto)
        var reply = ChatReply(
            to: request, answer: ClientAnswer(requestID: "req-1"), created: 1,
            reasoningField: .reasoningContent)
        var output = Buffer()
        var fields = AnswerFields()
        for piece in pieces where !choice.isCut {
            fields.append(Array(piece).span, to: .content)
            choice.take(fields, reply: &reply, to: &output)
            fields.clear()
        }
        if !choice.isCut {
            fields.finish()
            choice.take(fields, reply: &reply, to: &output)
        }
        try? choice.finish(
            isCutShort && !choice.isCut ? .length : .stop, reply: &reply, to: &output)
        return read(output.readable)
    }

    private static func read(_ output: Span<UInt8>) -> Outcome {
        var outcome = Outcome()
        var start = 0
        while start < output.count {
            let end = output.firstIndex(of: .lineFeed, from: start) ?? output.count
            let line = output.extracting(start..<end)
            if line.starts(with: "data: {") {
                read(event: line.extracting(6..<line.count), into: &outcome)
            }
            start = end + 1
        }
        return outcome
    }

    private static func read(event: Span<UInt8>, into outcome: inout Outcome) {
        do throws(JSONError) { try JSONDocument.check(event) } catch {
            preconditionFailure("an event that is not JSON: \(error)")
        }
        let choices = JSONDocument.root(of: event)?.member("choices", in: event)
        choices?.forEachElement(in: event) { choice in
            guard let delta = choice.member("delta", in: event) else { return }
            outcome.read[0] += delta.member("content", in: event)?.text(in: event) ?? ""
            outcome.read[1] += delta.member("reasoning_content", in: event)?.text(in: event) ?? ""
            delta.member("tool_calls", in: event)?.forEachElement(in: event) { call in
                let function = call.member("function", in: event)
                let name = function?.member("name", in: event)?.text(in: event)
                let arguments = function?.member("arguments", in: event)?.text(in: event) ?? ""
                precondition(name == nil || name == "f" || name == "g", "an undeclared function")
                if name == nil { precondition(arguments.hasPrefix("{"), "no arguments") }
                outcome.read[2] += (name.map { "\($0):" } ?? "") + arguments
            }
        }
    }
}
