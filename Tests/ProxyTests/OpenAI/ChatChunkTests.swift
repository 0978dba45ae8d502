import Bytes
import Testing

@testable import Proxy

@Suite struct `Chat chunks` {
    private func read(_ text: String) throws(AnswerError) -> ChatChunk {
        let data = Array(text.utf8)
        return try ChatChunk(data.span)
    }

    private func delta(_ members: String) -> String {
        #"{"id":"a","choices":[{"index":0,"delta":{\#(members)},"finish_reason":null}]}"#
    }

    @Test func `sealed fields are found, in any order and spacing`() throws {
        let chunk = try read(
            #"{ "choices" : [ { "delta" : { "reasoning" : "r", "content" : "c", "reasoning_content":"d" } } ], "id":"a" }"#
        )
        #expect(chunk.content != nil)
        #expect(chunk.reasoning != nil)
        #expect(chunk.reasoningContent != nil)
    }

    @Test(arguments: [
        #"{"choices":[]}"#, #"{"choices":null}"#, #"{}"#, #"{"choices":[{"delta":null}]}"#,
        #"{"choices":[{"delta":{}}]}"#, #"{"choices":[{"delta":{"content":null}}]}"#,
        #"{"choices":[{"delta":{"content":""}}]}"#,
        #"{"choices":[{"delta":{"role":"assistant"}}]}"#,
        #"{"choices":[{"delta":{"tool_calls":[],"refusal":null,"audio":{},"annotations":[ ]}}]}"#,
        #"{"choices":[{"delta":{"unknown":"x"},"logprobs":null}],"cost":{"usd":1},"x":[1]}"#,
    ])
    func `empty and unknown members mean nothing`(text: String) throws {
        let chunk = try read(text)
        #expect(chunk.content == nil && chunk.finish == nil && chunk.error == nil)
    }

    @Test(arguments: [
        #""content":7"#, #""content":["x"]"#, #""content":{"text":"x"}"#, #""reasoning":true"#,
        #""tool_calls":[{"id":"1"}]"#, #""function_call":{"name":"f"}"#, #""refusal":"no""#,
        #""annotations":[1]"#, #""audio":{"id":"1"}"#, #""images":["x"]"#,
        #""reasoning_details":[{}]"#, #""logprobs":{"content":[]}"#,
    ])
    func `members that would carry text in clear end the answer`(member: String) {
        #expect(throws: AnswerError.clearText) { try read(delta(member)) }
    }

    @Test func `logprobs of a choice would carry every token in clear`() {
        #expect(throws: AnswerError.clearText) {
            try read(#"{"choices":[{"delta":{},"logprobs":{"content":[{"token":"x"}]}}]}"#)
        }
    }

    @Test(arguments: [
        #"{"choices":[{"index":0,"delta":{}},{"index":1,"delta":{}}]}"#,
        #"{"choices":[{"index":1,"delta":{}}]}"#, #"{"choices":[{"index":"0","delta":{}}]}"#,
    ])
    func `choices nobody asked for end the answer`(text: String) {
        #expect(throws: AnswerError.tooManyChoices) { try read(text) }
    }

    @Test(arguments: [
        "", "x", "[]", "[DONE", #"{"choices":[}"#, #"{"choices":[]} x"#,
        #"{"choices":[{"delta":{"content":"a","content":"b"}}]}"#, #"{"id":"a","id":"b"}"#,
        #"{"choices":[],"choices":[{"delta":{}}],"error":1,"error":2}"#,
        #"{"choices":{"0":{}}}"#, #"{"choices":[7]}"#, #"{"choices":[{"delta":"x"}]}"#,
    ])
    func `malformed events, and members named twice, end the answer`(text: String) {
        #expect(throws: AnswerError.notJSON) { try read(text) }
    }

    @Test(arguments: [
        ("stop", FinishReason.stop), ("length", .length), ("content_filter", .contentFilter),
        ("eos", .stop), ("max_tokens", .length),
    ])
    func `finish reasons are told in OpenAI's words`(word: String, reason: FinishReason) throws {
        let data = Array(#"{"choices":[{"delta":{},"finish_reason":"\#(word)"}]}"#.utf8)
        let finish = try #require(try ChatChunk(data.span).finish)
        #expect(try FinishReason(finish, in: data.span) == reason)
    }

    @Test(arguments: ["error", "abort", "", "tool_calls", "STOP"])
    func `a finish nobody knows is no finish`(word: String) throws {
        let data = Array(#"{"choices":[{"delta":{},"finish_reason":"\#(word)"}]}"#.utf8)
        let finish = try #require(try ChatChunk(data.span).finish)
        #expect(throws: AnswerError.badFinish) { try FinishReason(finish, in: data.span) }
    }
}
