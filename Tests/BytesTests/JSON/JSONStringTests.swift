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
}
