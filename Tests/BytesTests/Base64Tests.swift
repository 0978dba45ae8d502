import Bytes
import TestSupport
import Testing

@Suite struct Base64Tests {
    private func decoded(_ text: String) -> [UInt8]? {
        var output = Buffer()
        guard (try? Base64.decode(bytes(text).span, to: &output)) != nil else { return nil }
        return output.readable.array
    }

    /// The vectors of RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
    func `the vectors of the RFC agree`(text: String, encoded: String) {
        var output = Buffer()
        Base64.encode(bytes(text).span, to: &output)
        let written = output.readable.text
        #expect(written == encoded)
        #expect(decoded(encoded) == bytes(text))
        #expect(decoded(encoded.replacing("=", with: "")) == bytes(text))
    }

    @Test
    func `every length is read as it was written`() {
        for count in 0..<70 {
            let text = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ count) }
            var output = Buffer()
            Base64.encode(text.span, to: &output)
            let written = output.readable.text
            #expect(decoded(written) == text)
        }
    }

    @Test
    func `both alphabets are read`() {
        #expect(decoded("+/+/") == [0xFB, 0xFF, 0xBF])
        #expect(decoded("-_-_") == [0xFB, 0xFF, 0xBF])
    }

    @Test(arguments: [
        "Z", "Zg=", "Z===", "=", "==", "====", "Zg===", "Zm8==", "Zm9v=", "Zm9v==", "Zh==", "Zh",
        "Zm9=", "Zm9", "Zg==Zg==", "Zm 8=", "Zm8=\n", "Zm.8", "Zm8\u{0}", "Zä==",
    ])
    func `wrong lengths, padding, bits and characters are refused`(text: String) {
        #expect(decoded(text) == nil)
    }
}
