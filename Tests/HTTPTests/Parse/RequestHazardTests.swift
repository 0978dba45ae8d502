import Bytes
import HTTP
import TestSupport
import Testing

/// A request that must be refused, and how.
struct Hazard: Sendable, CustomTestStringConvertible {
    var name: String
    var text: String
    var error: HTTPError
    var status: Int

    init(_ name: String, _ text: String, _ error: HTTPError, _ status: Int = 400) {
        (self.name, self.text, self.error, self.status) = (name, text, error, status)
    }

    /// A POST with these fields beside Host.
    init(_ name: String, fields: String, _ error: HTTPError, _ status: Int = 400) {
        self.init(name, "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\nhello", error, status)
    }

    /// A POST with this chunked body.
    init(_ name: String, chunks: String, _ error: HTTPError, _ status: Int = 400) {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.init(name, head + chunks, error, status)
    }

    var testDescription: String { name }
}

@Suite struct RequestHazardTests {
    /// Small limits, so that what is too long can be cut everywhere in reasonable time.
    static let limits = HTTPLimits(
        headByteCountMax: 300, targetByteCountMax: 40, fieldCountMax: 6, bodyByteCountMax: 1_000,
        extensionByteCountMax: 20, trailerByteCountMax: 40)

    static let framing: [Hazard] = [
        Hazard(
            "length and coding", fields: "Content-Length: 5\r\nTransfer-Encoding: chunked",
            .conflictingFraming),
        Hazard(
            "coding and length", fields: "Transfer-Encoding: chunked\r\nContent-Length: 5",
            .conflictingFraming),
        Hazard(
            "coding before chunked", fields: "Transfer-Encoding: gzip, chunked",
            .unsupportedTransferEncoding, 501),
        Hazard("coding alone", fields: "Transfer-Encoding: gzip", .badTransferEncoding),
        Hazard("identity", fields: "Transfer-Encoding: identity", .badTransferEncoding),
        Hazard(
            "chunked not last", fields: "Transfer-Encoding: chunked, gzip", .badTransferEncoding),
        Hazard(
            "chunked twice", fields: "Transfer-Encoding: chunked, chunked", .badTransferEncoding),
        Hazard(
            "two codings", fields: "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            .badTransferEncoding),
        Hazard("coding parameter", fields: "Transfer-Encoding: chunked;q=1", .badTransferEncoding),
        Hazard("quoted coding", fields: "Transfer-Encoding: \"chunked\"", .badTransferEncoding),
        Hazard("empty coding", fields: "Transfer-Encoding:", .badTransferEncoding),
        Hazard("empty element", fields: "Transfer-Encoding: chunked,", .badTransferEncoding),
        Hazard("longer word", fields: "Transfer-Encoding: xchunked", .badTransferEncoding),
        Hazard("VT in coding", fields: "Transfer-Encoding: \u{0B}chunked", .badFieldValue),
        Hazard("FF in coding", fields: "Transfer-Encoding: chunked\u{0C}", .badFieldValue),
        Hazard("NUL in coding", fields: "Transfer-Encoding: chunked\0", .badFieldValue),
        Hazard(
            "coding in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
            .badTransferEncoding),
        Hazard(
            "different lengths", fields: "Content-Length: 5\r\nContent-Length: 6", .badContentLength
        ),
        Hazard(
            "equal lengths", fields: "Content-Length: 5\r\nContent-Length: 5", .badContentLength),
        Hazard("list of lengths", fields: "Content-Length: 5, 5", .badContentLength),
        Hazard("plus", fields: "Content-Length: +5", .badContentLength),
        Hazard("minus", fields: "Content-Length: -0", .badContentLength),
        Hazard("hexadecimal", fields: "Content-Length: 0x5", .badContentLength),
        Hazard("underscore", fields: "Content-Length: 5_0", .badContentLength),
        Hazard("quoted", fields: "Content-Length: \"5\"", .badContentLength),
        Hazard("empty length", fields: "Content-Length:", .badContentLength),
        Hazard("blank in length", fields: "Content-Length: 5 5", .badContentLength),
        Hazard("2^64 + 5", fields: "Content-Length: 18446744073709551621", .badContentLength),
        Hazard("2^63", fields: "Content-Length: 9223372036854775808", .badContentLength),
        Hazard(
            "declared too large", fields: "Content-Length: 1001", .bodyTooLarge(limit: 1_000), 413),
    ]

    static let chunks: [Hazard] = [
        Hazard("plus", chunks: "+5\r\nhello\r\n0\r\n\r\n", .badChunk),
        Hazard("minus", chunks: "-5\r\nhello\r\n0\r\n\r\n", .badChunk),
        Hazard("0x", chunks: "0x5\r\nhello\r\n0\r\n\r\n", .badChunk),
        Hazard("blank before", chunks: " 5\r\nhello\r\n0\r\n\r\n", .badChunk),
        Hazard("blank after", chunks: "5 \r\nhello\r\n0\r\n\r\n", .badChunk),
        Hazard("empty size", chunks: "\r\nhello\r\n0\r\n\r\n", .badChunk),
        Hazard("only extension", chunks: ";a\r\n0\r\n\r\n", .badChunk),
        Hazard("no digit", chunks: "g\r\n", .badChunk),
        Hazard("underscore", chunks: "1_0\r\n", .badChunk),
        Hazard("17 digits", chunks: "00000000000000005\r\nhello\r\n0\r\n\r\n", .badChunk),
        Hazard("wraps 64 bits", chunks: "10000000000000005\r\nhello\r\n", .badChunk),
        Hazard("largest number", chunks: "ffffffffffffffff\r\nhello\r\n", .badChunk),
        Hazard("2^63", chunks: "8000000000000000\r\nhello\r\n", .badChunk),
        Hazard("2^63 - 1", chunks: "7fffffffffffffff\r\nx", .bodyTooLarge(limit: 1_000), 413),
        Hazard(
            "sum overflows", chunks: "1\r\na\r\n7fffffffffffffff\r\nx", .bodyTooLarge(limit: 1_000),
            413),
        Hazard("too large", chunks: "3e9\r\nx", .bodyTooLarge(limit: 1_000), 413),
        Hazard("size ends in LF", chunks: "5\nhello\r\n0\r\n\r\n", .badChunk),
        Hazard("size ends in CR", chunks: "5\rhello\r\n0\r\n\r\n", .badChunk),
        Hazard("LF in extension", chunks: "5;a\nhello\r\n0\r\n\r\n", .badChunk),
        Hazard("CR in extension", chunks: "5;a\rb\r\nhello\r\n0\r\n\r\n", .badChunk),
        Hazard("quoted CRLF", chunks: "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n", .badChunk),
        Hazard("NUL in extension", chunks: "5;a\0\r\nhello\r\n0\r\n\r\n", .badChunk),
        Hazard("extension without name", chunks: "5;\r\nhello\r\n0\r\n\r\n", .badChunk),
        Hazard("extension without value", chunks: "5;a=\r\nhello\r\n0\r\n\r\n", .badChunk),
        Hazard(
            "long extension", chunks: "5;aaaaaaaaaaaaaaaaaaaa\r\nhello\r\n0\r\n\r\n",
            .chunkExtensionsTooLong(limit: 20)),
        Hazard(
            "many extensions", chunks: String(repeating: "1;aaaa\r\nx\r\n", count: 5),
            .chunkExtensionsTooLong(limit: 20)),
        Hazard("data too long", chunks: "5\r\nhelloo\r\n0\r\n\r\n", .badChunk),
        Hazard("data ends in LF", chunks: "5\r\nhello\n0\r\n\r\n", .badChunk),
        Hazard("data ends in CR", chunks: "5\r\nhello\r0\r\n\r\n", .badChunk),
        Hazard("other byte for LF of data", chunks: "5\r\nhello\rx0\r\n\r\n", .badChunk),
        Hazard("other byte for LF of size", chunks: "5\rxhello\r\n0\r\n\r\n", .badChunk),
        Hazard("other byte for CR of data", chunks: "5\r\nhellox\n0\r\n\r\n", .badChunk),
        Hazard("trailer without colon", chunks: "0\r\nnonsense\r\n\r\n", .badTrailer),
        Hazard("folded trailer", chunks: "0\r\nA: b\r\n c\r\n\r\n", .badTrailer),
        Hazard("space in trailer name", chunks: "0\r\nA : b\r\n\r\n", .badTrailer),
        Hazard("NUL in trailer", chunks: "0\r\nA: \0\r\n\r\n", .badTrailer),
        Hazard("LF in trailers", chunks: "0\r\nA: b\n\r\n", .bareLineFeed),
        Hazard("CR in trailers", chunks: "0\r\nA: b\rc\r\n\r\n", .bareCarriageReturn),
        Hazard(
            "long trailers",
            chunks: "0\r\n" + String(repeating: "A: bbbbbb\r\n", count: 4) + "\r\n",
            .trailersTooLong(limit: 40), 431),
        Hazard(
            "long trailer", chunks: "0\r\nA: " + String(repeating: "b", count: 50) + "\r\n\r\n",
            .trailersTooLong(limit: 40), 431),
    ]

    static let fields: [Hazard] = [
        Hazard("LF ends request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", .bareLineFeed),
        Hazard("LF ends field", "GET / HTTP/1.1\r\nHost: a\n\r\n", .bareLineFeed),
        Hazard("LF ends head", "GET / HTTP/1.1\r\nHost: a\r\n\n", .bareLineFeed),
        Hazard("LF first", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .bareLineFeed),
        Hazard("CR in value", fields: "A: b\rc", .bareCarriageReturn),
        Hazard("CR before CRLF", fields: "A: b\r", .bareCarriageReturn),
        Hazard("CR after version", "GET / HTTP/1.1\rHost: a\r\n\r\n", .bareCarriageReturn),
        Hazard("CR first", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", .bareCarriageReturn),
        Hazard("NUL in value", fields: "A: b\0c", .badFieldValue),
        Hazard("BEL in value", fields: "A: \u{7}", .badFieldValue),
        Hazard("DEL in value", fields: "A: \u{7F}", .badFieldValue),
        Hazard("folded by space", fields: "A: b\r\n c", .foldedField),
        Hazard("folded by tab", fields: "A: b\r\n\tc", .foldedField),
        Hazard("line of white space", fields: "A: b\r\n ", .foldedField),
        Hazard("space first", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", .foldedField),
        Hazard("space before colon", fields: "A : b", .spaceBeforeColon),
        Hazard("tab before colon", fields: "Content-Length\t: 5", .spaceBeforeColon),
        Hazard("space in name", fields: "A b: c", .badFieldName),
        Hazard("no colon", fields: "nonsense", .badFieldName),
        Hazard("no name", fields: ": b", .badFieldName),
        Hazard("bracket in name", fields: "A[]: b", .badFieldName),
        Hazard("NUL in name", fields: "A\0: b", .badFieldName),
        Hazard("letter beyond ASCII in name", fields: "Ä: b", .badFieldName),
        Hazard("no Host", "GET / HTTP/1.1\r\nA: b\r\n\r\n", .missingHost),
        Hazard("two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", .duplicateHost),
        Hazard("other expectation", fields: "Expect: 200-ok", .badExpectation, 417),
        Hazard(
            "two expectations", fields: "Expect: 100-continue\r\nExpect: 100-continue",
            .badExpectation, 417),
        Hazard(
            "too many fields", fields: "A: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b",
            .tooManyFields(limit: 6), 431),
        Hazard(
            "long head", fields: "A: " + String(repeating: "b", count: 300),
            .headTooLarge(limit: 300), 431),
        Hazard(
            "endless head",
            "GET / HTTP/1.1\r\nHost: a\r\nA: " + String(repeating: "b", count: 300),
            .headTooLarge(limit: 300), 431),
    ]

    static let lines: [Hazard] = [
        Hazard("* of GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        Hazard("authority form", "GET a:443 HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        Hazard("no slash", "GET v1 HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        Hazard("other scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        Hazard("no authority", "GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n", .badHost),
        Hazard("user information", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", .badHost),
        Hazard("fragment", "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        Hazard("NUL in target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        Hazard("beyond ASCII", "GET /ä HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        Hazard("CONNECT", "CONNECT a:443 HTTP/1.1\r\n", .connectUnsupported, 501),
        Hazard("slash in method", "G/T / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        Hazard("no method", " / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        Hazard("long method", String(repeating: "A", count: 33), .malformedRequestLine),
        Hazard("tab", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        Hazard("two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        Hazard("two more", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        Hazard("space at end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .malformedRequestLine),
        Hazard("space in target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        Hazard("no version", "GET /\r\nHost: a\r\n\r\n", .malformedRequestLine),
        Hazard("only method", "GET\r\n", .malformedRequestLine),
        Hazard("junk version", "GET / HTTP/x.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        Hazard("short version", "GET / HTTP/1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        Hazard("long version", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", .malformedRequestLine),
        Hazard("lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        Hazard("version 2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", .unsupportedVersion, 505),
        Hazard("version 0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", .unsupportedVersion, 505),
        Hazard(
            "long target", "GET /" + String(repeating: "a", count: 40), .targetTooLong(limit: 40),
            414
        ),
        Hazard("h2 preface", "PRI * HTTP/2.0\r\n", .unsupportedVersion, 505),
        Hazard("SSH", "SSH-2.0-OpenSSH_9.6\r\n", .malformedRequestLine),
        Hazard("SMTP", "EHLO a\r\n", .malformedRequestLine),
        Hazard("Redis", "*1\r\n$4\r\nPING\r\n", .malformedRequestLine),
        Hazard("PROXY", "PROXY TCP4 1.1.1.1 ", .malformedRequestLine),
        Hazard("PROXY 2", "\r\n\r\n\0\r\nQUIT\n", .notHTTP),
        Hazard("TLS", "\u{16}\u{3}\u{1}", .notHTTP),
        Hazard("NUL", "\0", .notHTTP),
    ]

    private func check(_ hazard: Hazard) {
        for delivery in everyDelivery(of: bytes(hazard.text)) {
            let reading = RequestReading(delivery, limits: Self.limits)
            #expect(reading.error == hazard.error)
            #expect(!reading.lines.contains("end"))
            #expect(!reading.lines.contains { $0.contains("error") })
        }
        #expect(hazard.error.suggestedStatus == hazard.status)
    }

    @Test(arguments: framing)
    func `a length that two readers may see differently is refused`(hazard: Hazard) {
        check(hazard)
    }

    @Test(arguments: chunks)
    func `a malformed chunk is refused`(hazard: Hazard) {
        check(hazard)
    }

    @Test(arguments: fields)
    func `a malformed field is refused`(hazard: Hazard) {
        check(hazard)
    }

    @Test(arguments: lines)
    func `a malformed request line is refused as soon as it shows`(hazard: Hazard) {
        check(hazard)
    }

    @Test(arguments: [
        "", "a b", "a,b", "user@a", "a:", "a:b", "a:+1", "a:65536", "a:123456", "a:1:2", "a/b",
        ":80",
        "[]", "[::1", "::1", "[::1]x", "[::1]:", "[fe80::1%25lo]", "[v1.a]", "[1]", "a%2Eb", "a\"",
        "a?",
        "http://a", "*", "ä",
    ])
    func `a Host that is no plain host and port is refused`(host: String) {
        for delivery in everyDelivery(of: bytes("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")) {
            #expect(RequestReading(delivery, limits: Self.limits).error == .badHost)
        }
    }

    @Test(arguments: [
        "localhost", "127.0.0.1:5111", "[::1]:80", "[::ffff:1.2.3.4]", "a_b-c.d", "a:0",
    ])
    func `a plain host and port is accepted`(host: String) {
        let reading = RequestReading([bytes("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")])
        #expect(reading.error == nil)
    }

    @Test
    func `limits allow exactly what they say`() {
        let head = "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n"
        let exact = HTTPLimits(
            headByteCountMax: head.utf8.count, targetByteCountMax: 1, fieldCountMax: 2)
        for delivery in everyDelivery(of: bytes(head)) {
            #expect(RequestReading(delivery, limits: exact).error == nil)
        }
        let less = HTTPLimits(headByteCountMax: head.utf8.count - 1)
        for delivery in everyDelivery(of: bytes(head)) {
            #expect(
                RequestReading(delivery, limits: less).error
                    == .headTooLarge(limit: head.utf8.count - 1))
        }
    }

    @Test
    func `noise never traps, and reads the same however it arrives`() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = bytes("GETPOST /*: \t\r\n\r\n\r\n05afHTP1.,;\"=\0\u{7F}ä")
        for _ in 0..<2_000 {
            var text = Bool.random() ? bytes("POST / HTTP/1.1\r\nHost: a\r\n") : []
            if Bool.random() { text += bytes("Transfer-Encoding: chunked\r\n\r\n") }
            for _ in 0..<Int.random(in: 0..<60, using: &generator) {
                text.append(alphabet.randomElement(using: &generator) ?? 0)
            }
            let whole = RequestReading([text], limits: Self.limits)
            let single = RequestReading(pieces(of: text, size: 1), limits: Self.limits)
            #expect(whole.error == single.error && whole.lines == single.lines, "\(text)")
        }
    }
}
