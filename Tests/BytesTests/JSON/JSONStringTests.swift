import Bytes
import TestSupport
import Testing

@Suite struct JSONStringTests {
    private func written(_ text: String) -> [UInt8] {
        var output = Buffer()
        output.append(jsonString: text)
        return output.readable.array
    }

    private func read(_ json: [UInt8]) throws(JSONError) -> String {
        var cursor = JSONCursor()
        let value = try cursor.value(in: json.span)
        try cursor.end(in: json.span)
        return JSONString.text(value, in: json.span)
    }

    @Test
    func `only what must be escaped is escaped`() {
        #expect(
            written("a\"b\\c/\n\r\t\u{0}\u{1F}\u{7F}ä🦔\u{2028}")
                == bytes("\"a\\\"b\\\\c/\\n\\r\\t\\u0000\\u001f\u{7F}ä🦔\u{2028}\""))
    }

    @Test
    func `every scalar is read as it was written`() throws {
        var scalars = String.UnicodeScalarView()
        for value in stride(from: UInt32(0), through: 0x10FFFF, by: 1)
        where value < 0x300 || value % 97 == 0 {
            if let scalar = Unicode.Scalar(value) { scalars.append(scalar) }
        }
        let text = String(scalars)
        let again = try read(written(text))
        #expect(bytes(again) == bytes(text))
    }

    @Test(arguments: [
        ("\\u0041", "A"), ("\\ud83e\\uDD94", "🦔"), ("\\uD800\\uDC00", "\u{10000}"),
        ("\\udbff\\udfff", "\u{10FFFF}"), ("\\uffff", "\u{FFFF}"), ("\\u0000", "\0"),
        ("\\b\\f\\/\\\"\\\\", "\u{8}\u{C}/\"\\"), ("a\\nb\\tc", "a\nb\tc"),
        ("\\\\u0041", "\\u0041"),
    ])
    func `escapes are resolved`(escaped: String, text: String) throws {
        #expect(try read(bytes("\"\(escaped)\"")) == text)
    }

    @Test(arguments: [
        ("a", "a", true), ("\\u0061", "a", true), ("a", "\\u0061", true), ("\\n", "\\u000a", true),
        ("\\ud83e\\udd94", "🦔", true), ("", "", true), ("a", "b", false), ("a", "ab", false),
        ("\\u0061", "b", false), ("\\\\u0061", "a", false), ("é", "e\u{301}", false),
    ])
    func `strings are equal by what they say`(left: String, right: String, isEqual: Bool) {
        let (left, right) = (bytes("\"\(left)\""), bytes(" \"\(right)\""))
        let leftValue = JSONValue(kind: .string, range: 0..<left.count)
        let rightValue = JSONValue(kind: .string, range: 1..<right.count)
        let told = JSONString.equal(leftValue, in: left.span, rightValue, in: right.span)
        #expect(told == isEqual)
        let leftHash = JSONString.hash(leftValue, in: left.span)
        let rightHash = JSONString.hash(rightValue, in: right.span)
        #expect((leftHash == rightHash) == isEqual)
        var text = Buffer()
        JSONString.decode(leftValue, in: left.span, to: &text)
        let textHash = JSONString.hash(text.readable)
        #expect(textHash == leftHash)
    }
}
