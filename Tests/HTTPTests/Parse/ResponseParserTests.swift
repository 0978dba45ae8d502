import Bytes
import HTTP
import TestSupport
import Testing

@Suite struct ResponseParserTests {
    /// One response and what becomes of it when the peer closes behind it.
    struct Case: Sendable, CustomTestStringConvertible {
        var text: String
        var method: HTTP.Method = .get
        var lines: [String]
        var error: HTTPError?
        var unread = ""
        var testDescription: String { "\(method) \(text)" }
    }

    static let framing: [Case] = [
        Case(
            text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP",
            lines: ["200 http11 length(5) keeps alive", "body hello", "end"], unread: "HTTP"),
        Case(
            text: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nH",
            lines: ["200 http11 length(0) keeps alive", "end"], unread: "H"),
        Case(
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nH",
            lines: ["200 http11 chunked keeps alive", "body hello", "end"], unread: "H"),
        Case(
            text: "HTTP/1.1 200 OK\r\n\r\nhello",
            lines: ["200 http11 untilClose", "body hello", "closed: end"]),
        Case(
            text: "HTTP/1.0 200 OK\r\n\r\n", lines: ["200 http10 untilClose", "closed: end"]),
        Case(
            text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP", method: .head,
            lines: ["200 http11 none keeps alive", "end"], unread: "HTTP"),
        Case(
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nH", method: .head,
            lines: ["200 http11 none keeps alive", "end"], unread: "H"),
        Case(
            text: "HTTP/1.1 204 No Content\r\n\r\nH",
            lines: ["204 http11 none keeps alive", "end"], unread: "H"),
        Case(
            text: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nH",
            lines: ["304 http11 none keeps alive", "end"], unread: "H"),
        Case(
            text: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nContent-Length: 9\r\n\r\n"
                + "HTTP/1.1 429\r\nContent-Length: 1\r\n\r\nx",
            lines: ["429 http11 length(1) keeps alive", "body x", "end"]),
        Case(
            text: "HTTP/1.1 200 \r\nContent-Length: 1\r\nConnection: close\r\n\r\nx",
            lines: ["200 http11 length(1)", "body x", "end"]),
        Case(
            text: "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
            lines: ["200 http10 length(1)", "body x", "end"]),
        Case(
            text: "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx",
            lines: ["200 http10 length(1) keeps alive", "body x", "end"]),
        Case(
            text: "HTTP/1.1 599 \u{e4}\t\r\nContent-Length: 0\r\n\r\n",
            lines: ["599 http11 length(0) keeps alive", "end"]),
    ]

    static let refused: [Case] = [
        Case(
            text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            lines: [], error: .conflictingFraming),
        Case(
            text: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", lines: [],
            error: .badTransferEncoding),
        Case(
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", lines: [],
            error: .unsupportedTransferEncoding),
        Case(
            text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", lines: [],
            error: .badContentLength),
        Case(
            text: "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", lines: [],
            error: .bodyTooLarge(limit: 1_000)),
        Case(
            text: "HTTP/1.1 101 Switching Protocols\r\n\r\n", lines: [], error: .unexpectedUpgrade),
        Case(
            text: String(repeating: "HTTP/1.1 100 \r\n\r\n", count: 4), lines: [],
            error: .tooManyInterimResponses(limit: 3)),
        Case(text: "HTTP/2 200\r\n\r\n", lines: [], error: .malformedStatusLine),
        Case(text: "HTTP/2.0 200\r\n\r\n", lines: [], error: .unsupportedVersion),
        Case(text: "<html>", lines: [], error: .notHTTP),
        Case(text: "http/1.1 200 OK\r\n", lines: [], error: .notHTTP),
        Case(text: "\r\nHTTP/1.1 200 OK\r\n", lines: [], error: .notHTTP),
        Case(text: "\u{15}\u{3}\u{1}", lines: [], error: .notHTTP),
        Case(text: "HTTP/1.1 20\r\n\r\n", lines: [], error: .malformedStatusLine),
        Case(text: "HTTP/1.1 2000\r\n\r\n", lines: [], error: .malformedStatusLine),
        Case(text: "HTTP/1.1 +20 OK\r\n\r\n", lines: [], error: .malformedStatusLine),
        Case(text: "HTTP/1.1 099 OK\r\n\r\n", lines: [], error: .malformedStatusLine),
        Case(text: "HTTP/1.1  200 OK\r\n\r\n", lines: [], error: .malformedStatusLine),
        Case(text: "HTTP/1.1 200 O\0K\r\n\r\n", lines: [], error: .malformedStatusLine),
        Case(text: "HTTP/1.1 200 OK\n\n", lines: [], error: .bareLineFeed),
        Case(text: "HTTP/1.1 200\n\n", lines: [], error: .bareLineFeed),
        Case(text: "HTTP/1.1 200 OK\rA: b\r\n\r\n", lines: [], error: .bareCarriageReturn),
        Case(text: "HTTP/1.1 200 OK\r\nA: b\n\r\n", lines: [], error: .bareLineFeed),
        Case(text: "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", lines: [], error: .foldedField),
        Case(
            text: "HTTP/1.1 200 OK\r\nA: " + String(repeating: "b", count: 300), lines: [],
            error: .headTooLarge(limit: 300)),
    ]

    static let cut: [Case] = [
        Case(text: "", lines: [], error: .closedInsideHead),
        Case(
            text: "HTTP/1.1 200 OK\r\n", lines: [], error: .closedInsideHead,
            unread: "HTTP/1.1 200 OK\r\n"),
        Case(text: "HTTP/1.1 100 \r\n\r\n", lines: [], error: .closedInsideHead),
        Case(
            text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
            lines: ["200 http11 length(5) keeps alive", "body hell…"], error: .closedInsideBody),
        Case(
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            lines: ["200 http11 chunked keeps alive", "body hello…"], error: .closedInsideBody),
        Case(
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
            lines: ["200 http11 chunked keeps alive", "body hello…"], error: .closedInsideBody),
    ]

    private let limits = HTTPLimits(
        headByteCountMax: 300, bodyByteCountMax: 1_000, interimResponseCountMax: 3)

    @Test(arguments: framing)
    func `the end of a body is found where the RFC puts it`(example: Case) {
        for delivery in everyDelivery(of: bytes(example.text)) {
            let reading = ResponseReading(
                delivery, to: example.method, closes: true, limits: limits)
            #expect(reading.lines == example.lines)
            #expect(reading.error == nil)
            #expect(reading.unread == bytes(example.unread))
        }
    }

    @Test(arguments: refused)
    func `a malformed response is refused`(example: Case) {
        for delivery in everyDelivery(of: bytes(example.text)) {
            let reading = ResponseReading(delivery, limits: limits)
            #expect(reading.lines.isEmpty)
            #expect(reading.error == example.error)
        }
    }

    @Test(arguments: cut)
    func `a response that is cut is an error, never an end`(example: Case) {
        for delivery in everyDelivery(of: bytes(example.text)) {
            let reading = ResponseReading(delivery, closes: true, limits: limits)
            #expect(reading.lines == example.lines)
            #expect(reading.error == example.error)
        }
    }

    @Test
    func `a body that ends with the connection is limited too`() {
        let text = bytes("HTTP/1.1 200 OK\r\n\r\nhello")
        for delivery in everyDelivery(of: text) {
            let exact = ResponseReading(
                delivery, closes: true, limits: HTTPLimits(bodyByteCountMax: 5))
            #expect(exact.error == nil)
            let less = ResponseReading(delivery, limits: HTTPLimits(bodyByteCountMax: 4))
            #expect(less.lines == ["200 http11 untilClose", "body hell…"])
            #expect(less.error == .bodyTooLarge(limit: 4))
        }
    }

    @Test
    func `a connection that brought nothing is told from one that brought a part`() {
        #expect(ResponseReading([[]]).isBeforeResponse)
        #expect(!ResponseReading([bytes("H")]).isBeforeResponse)
        #expect(!ResponseReading([bytes("HTTP/1.1 100 \r\n\r\n")]).isBeforeResponse)
    }
}
