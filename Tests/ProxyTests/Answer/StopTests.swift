import Bytes
import TestSupport
import Testing

@testable import Proxy

@Suite struct `Stop strings` {
    private func run(_ stop: String, _ answer: String, size: Int) throws -> (String, Bool) {
        var test = try ChoiceUnderTest(#""stop":\#(stop)"#)
        for piece in pieces(of: Array(answer.utf8), size: size) { test.say(piece.span) }
        let isCut = test.choice.isCut
        try test.finish()
        let heard = try test.heard
        #expect(heard.finish == "stop")
        return (heard.content, isCut)
    }

    @Test(arguments: [
        (#""END""#, "one END two", "one ", true), (#"["END"]"#, "ENDED", "", true),
        (#"["b","ab"]"#, "xab", "x", true), (#"["abcd","bc"]"#, "x abcd", "x a", true),
        (#"["aab"]"#, "aaab", "a", true),
        (#"["END"]"#, "EN", "EN", false), (#"["END"]"#, "ENEND", "EN", true),
        (#"["\n\n"]"#, "a\nb\n\nc", "a\nb", true), (#"["é"]"#, "caf\u{E9}s", "caf", true),
        (#"["\u00e9"]"#, "caf\u{E9}s", "caf", true), (#"["a","b","c","d"]"#, "xyz", "xyz", false),
        (#"["<tool_call>"]"#, "a<tool_call>b", "a", true),
    ])
    func `end an answer wherever it is cut`(
        stop: String, answer: String, shown: String, isCut: Bool
    ) throws {
        for size in 1...answer.utf8.count {
            let result = try run(stop, answer, size: size)
            #expect(result == (shown, isCut), "in pieces of \(size)")
        }
    }

    @Test func `do not look at thoughts`() throws {
        var test = try ChoiceUnderTest(#""stop":"END""#)
        test.think("END of thoughts")
        test.say("<think>END</think>text END")
        try test.finish()
        let heard = try test.heard
        #expect(heard.reasoning == "END of thoughtsEND")
        #expect(heard.content == "text ")
    }

    @Test(arguments: [
        "7", "true", "{}", #"["a",7]"#, #"["a","b","c","d","e"]"#, #"[""]"#, #""""#, #"[["a"]]"#,
        "[null]", #"["\#(String(repeating: "x", count: 1025))"]"#,
    ])
    func `of another shape are refused`(stop: String) {
        #expect(throws: APIError.self) { _ = try ChoiceUnderTest(#""stop":\#(stop)"#) }
    }

    @Test(arguments: ["null", "[]"]) func `may be none`(stop: String) throws {
        let request = try `Chat requests`.read(
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"stop":\#(stop)}"#)
        #expect(request.plan == nil)
    }
}
