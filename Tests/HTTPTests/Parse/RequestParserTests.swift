import Bytes
import HTTP
import TestSupport
import Testing

@Suite struct RequestParserTests {
    private let get = "GET /v1/models?a=b HTTP/1.1\r\nHost: localhost:5111\r\n\r\n"
    private let getLine =
        "get /v1/models?a=b /v1/models a=b origin - localhost:5111 http11 none keeps alive"
    private let post =
        "POST /v1/chat HTTP/1.1\r\nhost:127.0.0.1\r\nContent-Length: \t5 \r\n\r\nhello"
    private let postLine =
        "post /v1/chat /v1/chat - origin - 127.0.0.1 http11 length(5) keeps alive"
    private let chunked =
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\nExpect: 100-Continue\r\n\r\n"
        + "2\r\nhe\r\n003;x=\"y\";z\r\nllo\r\n0\r\nHost: evil\r\n\r\n"
    private let chunkedLine =
        "post / / - origin - a http11 chunked keeps alive expects continue"

    @Test
    func `pipelined requests are read the same however they arrive`() {
        let text = get + "\r\n" + post + chunked + "\r\n\r\n" + get
        let expected = [
            getLine, "end", postLine, "body hello", "end", chunkedLine, "body hello", "end",
            getLine, "end",
        ]
        for delivery in everyDelivery(of: bytes(text)) {
            let reading = RequestReading(delivery)
            #expect(reading.lines == expected)
            #expect(reading.error == nil)
            #expect(reading.isBetweenRequests && reading.unread.isEmpty)
        }
    }

    @Test
    func `bytes of a next message stay unread`() throws {
        var parser = RequestParser(limits: HTTPLimits())
        let text = bytes(get + "GE")
        let first = try parser.next(in: text.span)
        #expect(first.byteCount == get.utf8.count)
        let rest = bytes("GE")
        #expect(!parser.isBetweenRequests)
        let second = try parser.next(in: rest.span)
        #expect(second.event == .end)
        #expect(parser.isBetweenRequests)
        let third = try parser.next(in: rest.span)
        #expect(third.event == .needsMore)
        #expect(!parser.isBetweenRequests)
    }

    @Test
    func `empty lines before a request are skipped, a few of them`() {
        let lines = String(repeating: "\r\n", count: 4)
        for delivery in everyDelivery(of: bytes(lines + get)) {
            #expect(RequestReading(delivery).lines == [getLine, "end"])
        }
        for delivery in everyDelivery(of: bytes(lines + "\r\n" + get)) {
            #expect(RequestReading(delivery).error == .malformedRequestLine)
        }
        let idle = RequestReading([bytes("\r\n\r")])
        #expect(idle.isBetweenRequests && idle.unread == bytes("\r"))
    }

    @Test(arguments: [
        ("GET http://localhost:1/x?y HTTP/1.1\r\nHost: z\r\n\r\n", "/x", "y", "localhost:1"),
        ("GET HTTP://[::1] HTTP/1.1\r\nHost: z\r\n\r\n", "", "-", "[::1]"),
        ("GET https://h?q HTTP/1.1\r\nHost: z\r\n\r\n", "", "q", "h"),
    ])
    func `an absolute target is taken apart`(
        text: String, path: String, query: String, authority: String
    ) {
        for delivery in everyDelivery(of: bytes(text)) {
            let reading = RequestReading(delivery)
            #expect(
                reading.lines.first?.contains(" \(path) \(query) absolute \(authority) z") == true)
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\n", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: ,close\r\n\r\n", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: closer\r\n\r\n", true),
        ("GET / HTTP/1.0\r\n\r\n", false),
        ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false),
        ("GET / HTTP/1.7\r\nHost: a\r\n\r\n", true),
    ])
    func `the connection lives on as version and Connection say`(text: String, keepsAlive: Bool) {
        #expect(RequestReading([bytes(text)]).heads.first?.keepsAlive == keepsAlive)
    }

    @Test(arguments: [
        ("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n", true),
        ("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", false),
        ("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n", false),
        ("POST / HTTP/1.0\r\nExpect: nonsense\r\nContent-Length: 1\r\n\r\n", false),
    ])
    func `continue is expected only where a body waits for it`(text: String, expects: Bool) {
        #expect(RequestReading([bytes(text)]).heads.first?.expectsContinue == expects)
    }

    @Test(arguments: [
        ("get", "other"), ("GETS", "other"), ("M-SEARCH", "other"), ("HEAD", "head"),
        ("PUT", "put"), ("DELETE", "delete"), ("PATCH", "patch"), ("TRACE", "trace"),
        ("OPTIONS", "options"),
    ])
    func `methods are told apart by their exact names`(name: String, method: String) {
        let reading = RequestReading([bytes("\(name) / HTTP/1.1\r\nHost: a\r\n\r\n")])
        #expect(reading.heads.first.map { "\($0.method)" } == method)
    }

    @Test
    func `OPTIONS may ask about the server as a whole`() {
        let reading = RequestReading([bytes("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")])
        #expect(reading.lines == ["options * * - asterisk - a http11 none keeps alive", "end"])
    }

    @Test
    func `a body as large as allowed is read and one byte more is refused before reading`() {
        let limits = HTTPLimits(bodyByteCountMax: 5)
        #expect(RequestReading([bytes(post)], limits: limits).error == nil)
        #expect(RequestReading([bytes(chunked)], limits: limits).error == nil)
        let less = HTTPLimits(bodyByteCountMax: 4)
        let declared = RequestReading([bytes(post)], limits: less)
        #expect(declared.lines.isEmpty && declared.error == .bodyTooLarge(limit: 4))
        for delivery in everyDelivery(of: bytes(chunked)) {
            let reading = RequestReading(delivery, limits: less)
            #expect(reading.lines == [chunkedLine, "body he…"])
            #expect(reading.error == .bodyTooLarge(limit: 4))
        }
    }

    @Test
    func `header names are found in any case, the first of them first`() throws {
        let text = bytes("GET / HTTP/1.1\r\nHost: a\r\nX-Y: 1\r\nx-y:2\r\nEmpty:\r\n\r\n")
        let head = try #require(RequestReading([text]).heads.first)
        let first = head.headers.first("x-y", in: text.span)
        #expect(first.map { Array(text[$0]) } == bytes("1"))
        let count = head.headers.count(of: "x-y", in: text.span)
        #expect(count == 2)
        let empty = head.headers.first("empty", in: text.span)
        #expect(empty?.isEmpty == true)
        let missing = head.headers.first("x", in: text.span)
        #expect(missing == nil)
    }

    @Test
    func `a head that arrives byte by byte costs no more than its length`() {
        let field = "X: " + String(repeating: "y", count: 60_000)
        let text = bytes("GET / HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\n")
        let started = ContinuousClock.now
        #expect(RequestReading(pieces(of: text, size: 1)).lines.count == 2)
        #expect(ContinuousClock.now - started < .seconds(5))
    }
}
