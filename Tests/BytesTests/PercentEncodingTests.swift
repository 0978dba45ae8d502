import Bytes
import TestSupport
import Testing

@Suite struct PercentEncodingTests {
    @Test
    func `all but unreserved characters are encoded`() {
        var output = Buffer()
        PercentEncoding.encode(bytes("aZ09-._~ /?&=%+\r\nä").span, to: &output)
        let text = output.readable.text
        #expect(text == "aZ09-._~%20%2F%3F%26%3D%25%2B%0D%0A%C3%A4")
    }

    @Test
    func `every byte is read as it was written`() {
        let all = (0...255).map { UInt8($0) }
        var output = Buffer()
        PercentEncoding.encode(all.span, to: &output)
        let decoded = PercentEncoding.decode(output.readable)
        #expect(decoded == all)
    }

    @Test(arguments: ["%", "%4", "a%", "%zz", "%4z", "%z4", "%%41", "%+4"])
    func `a percent sign without two digits is refused`(text: String) {
        let decoded = PercentEncoding.decode(bytes(text).span)
        #expect(decoded == nil)
    }

    @Test(arguments: [("%41%6a%6A", "Ajj"), ("a+b", "a+b"), ("", ""), ("%2541", "%41")])
    func `digits are read in both cases, once`(text: String, expected: String) {
        let decoded = PercentEncoding.decode(bytes(text).span)
        #expect(decoded == bytes(expected))
    }
}
