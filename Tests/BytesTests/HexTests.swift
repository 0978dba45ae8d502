import Bytes
import TestSupport
import Testing

@Suite struct HexTests {
    @Test
    func `every byte has two digits and they are read again in both cases`() {
        let all = (0...255).map { UInt8($0) }
        let text = Hex.string(all.span)
        #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff") && text.count == 512)
        let lower = Hex.bytes(bytes(text).span)
        let upper = Hex.bytes(bytes(text.uppercased()).span)
        #expect(lower == all && upper == all)
    }

    @Test(arguments: [
        "0", "000", "0g", "g0", " 0", "+1", "0x", "/0", ":0", "@0", "G0", "`0", "0\u{0}",
    ])
    func `anything else is refused and nothing is appended`(text: String) {
        var output = Buffer()
        output.append("before" as StaticString)
        #expect(throws: Hex.Failure.notHex) { try Hex.decode(bytes(text).span, to: &output) }
        let kept = output.readable.text
        #expect(kept == "before")
    }

    @Test(arguments: [
        ("0xab", "ab"), ("0XAB", "AB"), ("ab", "ab"), ("0", "0"), ("0x", ""), ("", ""),
    ])
    func `a prefix is taken off once`(text: String, rest: String) {
        let text = bytes(text)
        let found = Hex.withoutPrefix(text.span).text
        #expect(found == rest)
    }
}
