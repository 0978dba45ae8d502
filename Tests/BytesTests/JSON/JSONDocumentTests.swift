import Bytes
import TestSupport
import Testing

@Suite struct JSONDocumentTests {
    private func error(_ text: [UInt8]) -> JSONError? {
        do throws(JSONError) {
            try JSONDocument.check(text.span)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        "{}", "[]", " [ ] ", "\t\r\n{ }\n", "0", "-0", "1", "-12.5e+3", "1E9", "0.0", "0e0",
        "\"\"", "\"a\"", "true", "false", "null", "[1,2]", "{\"a\":1,\"b\":[{\"a\":{}}]}",
        "{\"a\":{\"a\":1},\"b\":{\"a\":1}}", "[{\"a\":1},{\"a\":1}]", "{\"\":1}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\uD83E\\udd94\"", "\"\u{7F}ä€🦔\u{FEFF}\"",
        "{\"a\":1,\"A\":2}",
        "123456789012345678901234567890",
    ])
    func `valid texts are accepted`(text: String) {
        #expect(error(bytes(text)) == nil)
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}", "{,}", "{a:1}", "{1:1}", "{'a':1}", "{\"a\" 1}", "[1}", "{\"a\":1]", "[]]",
        "{}{}",
        "1 2", "tru", "True", "nul", "nan", "NaN", "Infinity", "-", "+1", "01", "-01", "1.", ".5",
        "1e",
        "1e+", "0x1", "1_0", "\"", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\n\"",
        "\"\0\"",
        "\"\u{1F}\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\\ud800x\"",
        "\"\\ud800\\n\"",
        "\u{FEFF}{}", "/**/1", "// x\n1", "[1]\0", "\u{A0}1", "\u{B}1", "[\u{C}1]",
        "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "{\"b\":[{\"x\":1,\"y\":2,\"x\":3}]}",
        "{\"ä\":1,\"\\u00E4\":2}", "{\"\\/\":1,\"/\":2}", "[1,2", "{\"a\":[1,{\"b\":2}",
    ])
    func `invalid texts are refused`(text: String) {
        #expect(error(bytes(text)) != nil)
    }

    @Test(
        arguments: [
            [0x22, 0x80, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22], [0x22, 0xFF, 0x22],
            [0xFF, 0xFE, 0x31, 0x00], [0x31, 0x00],
        ] as [[UInt8]])
    func `malformed UTF-8 and UTF-16 are refused`(text: [UInt8]) {
        #expect(error(text) != nil)
    }

    @Test
    func `a member named twice is told apart from other faults`() {
        guard case .duplicateKey? = error(bytes("{\"a\":1,\"b\":2,\"a\":3}")) else {
            Issue.record("the duplicate was not seen")
            return
        }
    }

    @Test
    func `nesting is read to its limit and refused beyond it`() {
        func nested(_ open: String, _ close: String, _ depth: Int) -> [UInt8] {
            bytes(
                String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
            )
        }
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
            let depth = JSONCursor.depthMax / (open.count == 6 ? 2 : 1)
            #expect(error(nested(open, close, depth)) == nil)
            guard case .tooDeep? = error(nested(open, close, depth + 1)) else {
                Issue.record("\(open) is too deep")
                continue
            }
            guard case .tooDeep? = error(nested(open, close, 100_000)) else {
                Issue.record("\(open) is far too deep")
                continue
            }
        }
    }

    @Test
    func `a text that is cut anywhere is refused`() {
        let text = bytes(
            "{\"a\":[1.5e3,true,null,\"x\\n\\uD83E\\uDD94ä\"],\"b\":{\"c\":false,\"d\":[{},[]]}}")
        #expect(error(text) == nil)
        for count in 0..<text.count {
            #expect(error(Array(text[..<count])) != nil)
        }
    }

    @Test
    func `a number is as long as the limit and no longer`() {
        let digits = String(repeating: "1", count: JSONCursor.numberByteCountMax)
        #expect(error(bytes(digits)) == nil)
        #expect(error(bytes(digits + "1")) == .badNumber(offset: 0))
    }

    @Test
    func `many members cost little more than their number`() {
        let members = (0..<100_000).map { "\"k\($0)\":1" }.joined(separator: ",")
        let started = ContinuousClock.now
        #expect(error(bytes("{\(members)}")) == nil)
        #expect(error(bytes("{\(members),\"k5\":1}")) != nil)
        #expect(ContinuousClock.now - started < .seconds(10))
    }

    @Test
    func `noise never traps`() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = bytes("{}[]\",:\\u0dDeE+-.019 tfn\n") + [0xED, 0x80, 0xF0]
        for _ in 0..<20_000 {
            var text: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<20, using: &generator) {
                text.append(alphabet.randomElement(using: &generator) ?? 0)
            }
            _ = error(text)
        }
    }
}
