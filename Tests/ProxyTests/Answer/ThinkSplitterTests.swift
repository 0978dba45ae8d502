import Bytes
import TestSupport
import Testing

@testable import Proxy

@Suite struct `Thoughts in the text` {
    private func split(
        _ pieces: [[UInt8]], _ mode: ThinkSplitter.Mode
    ) -> (thoughts: String, text: String) {
        var splitter = ThinkSplitter(mode)
        var thoughts = Buffer()
        var text = Buffer()
        for piece in pieces {
            splitter.take(piece.span, thoughts: &thoughts, text: &text)
        }
        splitter.finish(thoughts: &thoughts, text: &text)
        return (thoughts.readable.text, text.readable.text)
    }

    @Test(arguments: [
        ("<think>a</think>b", "a", "b"), ("\n <think>\na\n</think>\n\nb\n", "\na\n", "b\n"),
        ("<think></think>b", "", "b"), ("<think>a", "a", ""), ("<think>a</thin", "a</thin", ""),
        ("<think>a</think> \n", "a", ""), ("b<think>a</think>", "", "b<think>a</think>"),
        ("<thin", "", "<thin"), ("<thinx>", "", "<thinx>"), (" \n", "", " \n"), ("", "", ""),
        ("<think>a</think>b<think>c</think>", "a", "b<think>c</think>"),
        ("<think>é<</think>ü", "é<", "ü"), ("plain", "", "plain"),
    ])
    func `are taken out of its beginning, wherever it is cut`(
        answer: String, thoughts: String, text: String
    ) {
        let bytes = Array(answer.utf8)
        for size in 1...max(1, bytes.count) {
            let result = split(pieces(of: bytes, size: size), .auto)
            #expect(result == (thoughts, text), "in pieces of \(size)")
        }
    }

    @Test func `begin at once where the opening tag is only implied`() {
        for size in 1...9 {
            let bytes = Array("a</think>\nb".utf8)
            #expect(split(pieces(of: bytes, size: size), .implied) == ("a", "b"))
            #expect(split(pieces(of: bytes, size: size), .off) == ("", "a</think>\nb"))
        }
    }

    @Test func `hold back no more than the tag that may follow`() {
        var splitter = ThinkSplitter(.auto)
        var thoughts = Buffer()
        var text = Buffer()
        splitter.take("<think>abc</th".utf8Span.span, thoughts: &thoughts, text: &text)
        #expect(held(by: thoughts) == "abc")
        splitter.take("i".utf8Span.span, thoughts: &thoughts, text: &text)
        #expect(held(by: thoughts) == "abc")
        splitter.take("x".utf8Span.span, thoughts: &thoughts, text: &text)
        #expect(held(by: thoughts) == "abc</thix")
    }

    @Test(arguments: [
        ("<think>a</think>\nb", 17), (" <think>a</think>b", 17), ("<think>a", 0), ("b", 0), ("", 0),
    ])
    func `of an earlier turn are passed over`(turn: String, start: Int) {
        #expect(ThinkSplitter.textStart(in: turn.utf8Span.span) == start)
    }
}
