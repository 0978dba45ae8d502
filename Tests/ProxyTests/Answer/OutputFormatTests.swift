import Bytes
import TestSupport
import Testing

@testable import Proxy

@Suite struct `Structured output` {
    static let object = #""response_format":{"type":"json_object"}"#
    static let schema =
        #""response_format":{"type":"json_schema","json_schema":{"name":"person","strict":true,"schema":{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["name","age"],"additionalProperties":false}}}"#

    @Test(arguments: [
        (#"{"a":1}"#, #"{"a":1}"#), ("\n {\"a\":1}\n", "{\"a\":1}\n"),
        ("```json\n{\"a\":1}\n```", "{\"a\":1}"), ("```\n{\"a\":1}\n```\n", "{\"a\":1}"),
        ("\n```JSON\n{\"a\":\"```\"}\n```", "{\"a\":\"```\"}"), ("```json\n{}", "{}"),
    ])
    func `loses its fence and nothing else, wherever it is cut`(said: String, shown: String) throws
    {
        for size in 1...said.utf8.count {
            var test = try ChoiceUnderTest(Self.object)
            for piece in pieces(of: Array(said.utf8), size: size) { test.say(piece.span) }
            try test.finish()
            let heard = try test.heard
            #expect(heard.content == shown, "in pieces of \(size)")
            #expect(heard.finish == "stop")
        }
    }

    @Test(arguments: [
        "", "words", "[1]", "7", #"{"a":1} and words"#, #"Here: {"a":1}"#, #"{"a":1}{"b":2}"#,
        #"{"a":1,"a":2}"#, #"{"a":}"#, "```json\n{\"a\":1}\n``` done", "``{}``",
    ])
    func `that is no object ends a stream with an error`(said: String) throws {
        var test = try ChoiceUnderTest(Self.object)
        test.say(said)
        #expect(throws: AnswerError.unusable(.badOutput)) { try test.finish() }
    }

    @Test(arguments: [
        (#"{"name":"Ada","age":36}"#, true), (#"{"name":"Ada","age":"36"}"#, false),
        (#"{"name":"Ada"}"#, false), (#"{"name":"Ada","age":36,"x":1}"#, false), ("[]", false),
    ])
    func `is held to its schema`(said: String, isValid: Bool) throws {
        var test = try ChoiceUnderTest(Self.schema, isStreaming: false)
        test.say(said)
        try test.finish()
        let (fault, failure) = (test.choice.fault, test.choice.failure)
        #expect((fault == nil) == isValid)
        #expect(failure == (isValid ? nil : .badOutput))
        let correction = test.choice.correction()
        #expect((correction == nil) == isValid)
        #expect(correction.map { held(by: $0.said) } ?? said == said)
    }

    @Test func `is not judged where it was cut short`() throws {
        var test = try ChoiceUnderTest(Self.object)
        test.say(#"{"a":"#)
        try test.finish(.length)
        #expect(try test.heard.finish == "length")
        #expect(try test.heard.content == #"{"a":"#)
    }

    @Test(arguments: [
        (#""response_format":7"#, "response_format"), (#""response_format":{}"#, "response_format"),
        (#""response_format":{"type":"xml"}"#, "response_format.type"),
        (#""response_format":{"type":"json_schema"}"#, "response_format.json_schema"),
        (
            #""response_format":{"type":"json_schema","json_schema":{"schema":true}}"#,
            "response_format.json_schema"
        ),
        (
            #""response_format":{"type":"json_schema","json_schema":{"schema":{"type":"thing"}}}"#,
            "response_format.json_schema.schema"
        ),
    ])
    func `of another shape is refused by name`(member: String, param: String) {
        let error = #expect(throws: APIError.self) { _ = try ChoiceUnderTest(member) }
        #expect(error?.status == 400)
        #expect(error?.param == param)
    }

    @Test(arguments: ["null", #"{"type":"text"}"#]) func `may be none`(format: String) throws {
        let request = try `Chat requests`.read(
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"response_format":\#(format)}"#
        )
        #expect(request.plan == nil)
    }
}
