import Bytes
import TestSupport
import Testing

@testable import Proxy

@Suite struct `Patterns` {
    /// Whether `pattern` matches `text`, and in how many steps; nil for one that is not matched.
    private func walk(
        _ pattern: String, _ text: [UInt8], stepCountMax: Int = 1_000_000
    ) throws -> (isMatched: Bool, stepCount: Int)? {
        let pattern = bytes(pattern)
        let limit = Pattern.instructionCountMax
        guard let code = PatternReader.read(pattern.span, atMost: limit) else { return nil }
        var walk = PatternWalk(Pattern(text: 0..<pattern.count, code: 0..<code.count))
        var budget = WorkBudget(stepCountMax: stepCountMax)
        let isMatched = try walk.matches(text.span, pattern.span, code, budget: &budget)
        return (isMatched, budget.stepCount)
    }

    private func matches(_ pattern: String, _ text: String) throws -> Bool? {
        try walk(pattern, bytes(text))?.isMatched
    }

    @Test(arguments: [
        ("", ["", "a"], []),
        ("a", ["a", "ba", "abc"], ["", "A", "b"]),
        ("^a", ["a", "ab"], ["ba", ""]),
        ("a$", ["a", "ba"], ["ab", "a\n", ""]),
        ("^$", [""], ["a", "\n"]),
        ("^a|b$", ["ax", "xb"], ["xa", "bx"]),
        ("^(a|b|cd)$", ["a", "b", "cd"], ["", "c", "ab", "acd"]),
        ("^(|a)b$", ["b", "ab"], ["a", "aab"]),
        ("^a*$", ["", "a", "aaa"], ["b", "ab"]),
        ("^a+b?$", ["a", "aab"], ["", "b", "abb"]),
        ("^a{3}$", ["aaa"], ["aa", "aaaa"]),
        ("^a{0}b$", ["b"], ["ab"]),
        ("^a{2,}$", ["aa", "aaaaa"], ["a", ""]),
        ("^a{1,3}$", ["a", "aa", "aaa"], ["", "aaaa"]),
        ("^(ab){2}$", ["abab"], ["ab", "ababab", "aabb"]),
        ("^(a|bc){2,3}$", ["aa", "abc", "bcbcbc"], ["a", "bcb", "aaaa"]),
        ("^a*?b+?c??d{1,2}?$", ["bd", "aabbcdd"], ["d", "ab"]),
        ("(a)+x", ["abax", "aax"], ["ab", "x", "abx"]),
        ("aab", ["aaab", "xaab"], ["ab", "aba"]),
        ("^(a*)*$", ["", "aaa"], ["b"]),
        ("^(a*b*)+c$", ["c", "abbac"], ["ab"]),
        ("^.$", ["a", "ä", "🦔", "\u{0}"], ["", "ab", "\n", "\r", "\u{2028}"]),
        ("^[abc]$", ["a", "c"], ["d", "", "ab"]),
        ("^[^abc]$", ["d", "\n", "🦔"], ["a", ""]),
        ("^[a-cx-z_]+$", ["abz_", "y"], ["d", "-"]),
        ("^[a-]$", ["a", "-"], ["b"]),
        ("^[-a]$", ["a", "-"], ["b"]),
        ("^[\\w.-]+$", ["a-b.c_9"], ["a b", "ä"]),
        ("^[\\w-.]+$", ["a-b.c"], ["a,b"]),
        ("^[]$", [], ["", "]", "a"]),
        ("^[^]$", ["a", "\n"], [""]),
        ("^[\\]\\\\^]$", ["]", "\\", "^"], ["a"]),
        ("^[🦊-🦔ä]$", ["🦔", "🦊", "ä"], ["🐈", "a"]),
        ("^[\\d\\s]$", ["1", " ", "\u{A0}", "\u{FEFF}"], ["a", "٣"]),
        ("^[\\D]$", ["a", "٣"], ["1"]),
        ("^[\\b]$", ["\u{8}"], ["b"]),
        ("^\\d\\D\\w\\W\\s\\S$", ["1aa- x"], ["aaa- x", "111- x", "1aa--x", "1aa-  "]),
        ("^\\x41\\u00e4\\t\\n\\v\\f\\r$", ["Aä\t\n\u{B}\u{C}\r"], ["aä\t\n\u{B}\u{C}\r"]),
        ("^\\^\\$\\.\\*\\+\\?\\(\\)\\[\\]\\{\\}\\|\\/\\-\\\\$", ["^$.*+?()[]{}|/-\\"], ["a"]),
        ("^{}]a{,2}b{x$", ["{}]a{,2}b{x"], ["a"]),
        ("^(?:a|b)(?<name_1>c)$", ["ac", "bc"], ["a", "c"]),
        ("^[0-9a-f]{8}-[0-9a-f]{4}$", ["01234567-89ab"], ["01234567-89a", "0123456g-89ab"]),
        ("^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$", ["me@example.com"], ["me@example", "a b@c.de"]),
        ("^\\d{4}-(0[1-9]|1[0-2])-\\d{2}$", ["2024-12-31"], ["2024-13-31", "24-12-31"]),
    ])
    func `a pattern matches what it says`(
        pattern: String, matched: [String], other: [String]
    ) throws {
        for text in matched { #expect(try matches(pattern, text) == true, "\(text)") }
        for text in other { #expect(try matches(pattern, text) == false, "\(text)") }
    }

    @Test(arguments: [
        "(", ")", "a)", "(a", "*", "+a", "?", "a**", "^*", "{1}", "a{2}{3}", "a{3,2}", "[a", "[",
        "[b-a]", "[a-\\d]", "\\", "[\\", "\\1", "\\k<a>", "\\b", "\\B", "\\p{L}", "\\P{L}", "\\cA",
        "\\0", "\\A", "\\z", "\\x4", "\\xg0", "\\u12", "\\u{61}", "\\ud83e\\udd94", "\\ä", "\\ ",
        "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(?i)a", "(?P<n>a)", "(?<>a)", "(?<1>a)", "(?<a",
        "(?", "(?#a)", "a{513}", "(a{100}){6}", "((((a{9}){9}){9}){9}){9}", "(a?){257}",
        "a{1000000000000}", "a{99999999999999999999999}",
    ])
    func `what is not in the language is not matched`(pattern: String) throws {
        // A brace without a count is a brace.
        let isLiteral = pattern == "a{99999999999999999999999}"
        #expect(try matches(pattern, "a") == (isLiteral ? false : nil))
    }

    @Test func `groups are so deep and no deeper`() throws {
        func pattern(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + "a" + String(repeating: ")", count: depth)
        }
        #expect(try matches(pattern(Pattern.groupDepthMax), "a") == true)
        #expect(try matches(pattern(Pattern.groupDepthMax + 1), "a") == nil)
    }

    @Test func `a pattern has so many instructions and no more`() throws {
        let most = String(repeating: "a", count: Pattern.instructionCountMax)
        #expect(try matches(most, most) == true)
        #expect(try matches(most + "a", most + "a") == nil)
        #expect(try matches("a{512}", most) == true)
    }

    @Test func `the work is in proportion to the text`() throws {
        let pattern = "^(a?){20}a{20}$"
        for count in [100, 200, 400] {
            let text = [UInt8](repeating: 0x61, count: count)
            let end = try #require(try walk(pattern, text))
            #expect(!end.isMatched)
            #expect(end.stepCount < 200 * count + 500)
        }
        #expect(throws: JudgementStop.tooMuchWork) {
            try walk(pattern, [UInt8](repeating: 0x61, count: 100), stepCountMax: 1000)
        }
    }

    @Test func `what cannot begin inside a text is not looked for there`() throws {
        let text = [UInt8](repeating: 0x78, count: 100_000)
        let end = try #require(try walk("^abc$", text))
        #expect(!end.isMatched)
        #expect(end.stepCount < 100)
    }

    @Test(
        arguments: [[0x80], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0xA6], [0xFF, 0x41]] as [[UInt8]])
    func `bytes that are no text are no error`(text: [UInt8]) throws {
        let end = try #require(try walk("^.+$", text))
        #expect(end.isMatched)
    }
}
