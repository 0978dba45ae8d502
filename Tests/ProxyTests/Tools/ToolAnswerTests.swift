import Bytes
import Testing

@testable import Proxy

@Suite struct `Answers with calls` {
    static let tools = `The corpus of calls`.tools
    static let call = #"<tool_call>{"name": "add", "arguments": {"a": 1, "b": 2}}</tool_call>"#
    static let bad = #"<tool_call>{"name": "add", "arguments": {"a": 1}}</tool_call>"#

    @Test func `stream the name first, then the arguments`() throws {
        var test = try ChoiceUnderTest(Self.tools)
        test.say("I add. " + Self.call + "\n" + Self.call)
        try test.finish()
        let deltas = try test.deltas().compactMap { $0["delta"] as? [String: Any] }
        let calls = deltas.compactMap { ($0["tool_calls"] as? [[String: Any]])?.first }
        #expect(deltas[0]["content"] as? String == "I add. ")
        #expect(calls.map { $0["index"] as? Int } == [0, 0, 1, 1])
        #expect(Set(calls.compactMap { $0["id"] as? String }).count == 2)
        #expect(try test.heard.finish == "tool_calls")
    }

    @Test func `begin with a role and no content where nothing was said`() throws {
        var test = try ChoiceUnderTest(Self.tools)
        test.say(Self.call)
        let delta = try #require(try test.deltas().first?["delta"] as? [String: Any])
        #expect(delta["role"] as? String == "assistant")
        #expect(delta.keys.contains("content"))
        #expect(delta["content"] is String == false)
    }

    @Test func `are folded with content or null`() throws {
        for (said, content) in [("", nil), ("\n", nil), ("I add. ", "I add. ")]
            as [(String, String?)]
        {
            var test = try ChoiceUnderTest(Self.tools, isStreaming: false)
            test.say(said + Self.call)
            try test.finish()
            let choice = try test.folded()
            let message = try #require(choice["message"] as? [String: Any])
            let call = try #require((message["tool_calls"] as? [[String: Any]])?.first)
            let function = try #require(call["function"] as? [String: Any])
            #expect(message["content"] as? String == content)
            #expect(function["arguments"] as? String == #"{"a": 1, "b": 2}"#)
            #expect(choice["finish_reason"] as? String == "tool_calls")
        }
    }

    @Test func `may be in the older fields`() throws {
        let functions = Self.tools.replacing(#""tools":"#, with: #""x":"#)
        let old =
            #""functions":[{"name":"add","parameters":{"type":"object","required":["a"]}}],"#
            + functions
        var test = try ChoiceUnderTest(old)
        test.say(Self.call + Self.call)
        #expect(test.choice.isCut == true)
        try test.finish()
        let deltas = try test.deltas()
        let calls = deltas.compactMap {
            ($0["delta"] as? [String: Any])?["function_call"] as? [String: Any]
        }
        #expect(calls.map { $0["name"] as? String } == ["add", nil])
        #expect(calls.last?["arguments"] as? String == #"{"a": 1, "b": 2}"#)
        #expect(try test.heard.finish == "function_call")
    }

    @Test func `end with the first call where only one is allowed`() throws {
        var test = try ChoiceUnderTest(Self.tools + #","parallel_tool_calls":false"#)
        test.say("x" + Self.call + "\n")
        #expect(test.choice.isCut == false)
        test.say("more" + Self.call)
        #expect(test.choice.isCut == true)
        try test.finish()
        let heard = try test.heard
        #expect(heard.calls.count == 1)
        #expect(heard.content == "x")
        #expect(heard.finish == "tool_calls")
    }

    @Test func `are missed where one was wanted`() throws {
        for choice in [#""required""#, #"{"type":"function","function":{"name":"say"}}"#] {
            var test = try ChoiceUnderTest(Self.tools + #","tool_choice":\#(choice)"#)
            test.say("I will not.")
            #expect(throws: AnswerError.unusable(.noCall)) { try test.finish() }
            var folded = try ChoiceUnderTest(
                Self.tools + #","tool_choice":\#(choice)"#, isStreaming: false)
            folded.say("I will not.")
            try folded.finish()
            let foldedfault = folded.choice.fault
            #expect(foldedfault == .noCall)
            let foldedfailure = folded.choice.failure
            #expect(foldedfailure == .noCall)
        }
    }

    @Test func `call the named function and no other`() throws {
        let named = Self.tools + #","tool_choice":{"type":"function","function":{"name":"say"}}"#
        var test = try ChoiceUnderTest(named, isStreaming: false)
        test.say(Self.call)
        try test.finish()
        let testfault = test.choice.fault
        #expect(testfault == .unknownFunction)
        let testfailure = test.choice.failure
        #expect(testfailure == .noCall)
    }

    @Test func `are not looked for where none may be made`() throws {
        var test = try ChoiceUnderTest(Self.tools + #","tool_choice":"none""#)
        test.say(Self.call)
        try test.finish()
        #expect(try test.heard.content == Self.call)
        #expect(try test.heard.finish == "stop")
    }

    @Test func `that are bad are told to the model, and shown where it is not asked again`() throws
    {
        var test = try ChoiceUnderTest(Self.tools, isStreaming: false)
        test.think("a thought")
        test.say("I add. " + Self.bad)
        try test.finish()
        let made = test.choice.correction()
        let correction = try #require(made)
        let (said, told) = (held(by: correction.said), held(by: correction.told))
        #expect(said == "I add. " + Self.bad)
        #expect(told.hasPrefix("Your last answer could not be used: "))
        let failure = test.choice.failure
        #expect(failure == nil)
        let message = try #require(try test.folded()["message"] as? [String: Any])
        #expect(message["content"] as? String == "I add. " + Self.bad)
    }

    @Test func `are text in thoughts`() throws {
        var test = try ChoiceUnderTest(Self.tools)
        test.think(Self.call)
        test.say("<think>" + Self.call + "</think>done")
        try test.finish()
        let heard = try test.heard
        #expect(heard.calls.isEmpty)
        #expect(heard.reasoning == Self.call + Self.call)
        #expect(heard.content == "done")
    }

    @Test func `let text before them pass at once`() throws {
        var test = try ChoiceUnderTest(Self.tools)
        for (piece, content) in [
            ("Hel", "Hel"), ("lo <", "Hello "), ("tool_", "Hello "), ("x", "Hello <tool_x"),
        ] {
            test.say(piece)
            #expect(try test.heard.content == content)
        }
    }

    @Test func `after one that cannot be read are text`() throws {
        let quoted = #"<tool_call>{'text': 'a</tool_call>\#(Self.call)'}"#
        var test = try ChoiceUnderTest(Self.tools)
        test.say(Self.call + quoted + "\n" + Self.call)
        try test.finish()
        let heard = try test.heard
        #expect(heard.calls.count == 1)
        #expect(heard.content == quoted + "\n" + Self.call)
    }

    @Test func `that a stop string cuts are none`() throws {
        var test = try ChoiceUnderTest(Self.tools + #","stop":"\n""#)
        let said =
            "<tool_call>get_weather<arg_key>city</arg_key><arg_value>x</arg_value>"
        test.say(said + "\n<arg_key>unit</arg_key><arg_value>c</arg_value></tool_call>")
        try test.finish()
        let heard = try test.heard
        let fault = test.choice.fault
        #expect(heard.calls.isEmpty)
        #expect(heard.content == said)
        #expect(fault == nil)
    }

    @Test func `are so many in an answer and no more`() throws {
        var test = try ChoiceUnderTest(Self.tools)
        test.say(String(repeating: Self.call + "\n", count: ToolSet.countMax + 3))
        try test.finish()
        #expect(try test.heard.calls.count == ToolSet.countMax)
    }

    @Test func `may be followed by white space without end`() throws {
        var test = try ChoiceUnderTest(Self.tools)
        test.say(Self.call)
        for _ in 0..<1000 { test.say("                ") }
        #expect(test.choice.heldByteCount < 5000)
    }

    @Test func `that are the only one are followed by nothing that was held back`() throws {
        var test = try ChoiceUnderTest(Self.tools + #","parallel_tool_calls":false,"stop":"END""#)
        test.say(Self.call + "EN")
        try test.finish()
        #expect(try test.heard.content == "")
    }
}
