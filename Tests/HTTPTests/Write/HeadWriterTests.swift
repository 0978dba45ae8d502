import Bytes
import HTTP
import TestSupport
import Testing

@Suite struct HeadWriterTests {
    @Test
    func `a request is written as it is read`() throws {
        var output = Buffer()
        try RequestWriter.head(method: "POST", target: "/a?b", host: "h:1", to: &output)
        try RequestWriter.field("Accept", "text/event-stream", to: &output)
        try RequestWriter.field("X", bytes("\tä").span, to: &output)
        RequestWriter.field("Content-Length", decimal: 0, to: &output)
        RequestWriter.end(to: &output)
        let text = output.readable.text
        #expect(
            text == "POST /a?b HTTP/1.1\r\nHost: h:1\r\nAccept: text/event-stream"
                + "\r\nX: \tä\r\nContent-Length: 0\r\n\r\n")
        let reading = RequestReading([output.readable.array])
        #expect(reading.heads.count == 1)
    }

    @Test(arguments: ["a\r\nB: c", "a\rb", "a\nb", "a\0b", "\u{7F}", "\u{1B}[0m", "\u{B}"])
    func `a value with a control character is refused and nothing is written`(value: String) {
        var output = Buffer()
        #expect(throws: HTTPError.badFieldValue) {
            try ResponseWriter.field("A", value, to: &output)
        }
        let isEmpty = output.isEmpty
        #expect(isEmpty)
    }

    @Test(arguments: ["", "/a b", "/a\r\n", "/ä", "/\0", "/a\tb"])
    func `a target that could be read otherwise is refused`(target: String) {
        var output = Buffer()
        #expect(throws: HTTPError.malformedRequestLine) {
            try RequestWriter.head(method: "GET", target: target, host: "h", to: &output)
        }
        let isEmpty = output.isEmpty
        #expect(isEmpty)
    }

    @Test(arguments: ["", "a b", "a\r\nB: c", "u@a", "a:b"])
    func `a host that could be read otherwise is refused`(host: String) {
        var output = Buffer()
        #expect(throws: HTTPError.badHost) {
            try RequestWriter.head(method: "GET", target: "/", host: host, to: &output)
        }
        let isEmpty = output.isEmpty
        #expect(isEmpty)
    }

    @Test(arguments: [
        (200, "HTTP/1.1 200 OK\r\n"), (431, "HTTP/1.1 431 Request Header Fields Too Large\r\n"),
        (299, "HTTP/1.1 299 \r\n"),
    ])
    func `a status has its reason`(status: Int, line: String) {
        var output = Buffer()
        ResponseWriter.head(status: status, to: &output)
        let text = output.readable.text
        #expect(text == line)
    }

    @Test
    func `the interim response is passed over by a parser`() {
        var output = Buffer()
        ResponseWriter.interimContinue(to: &output)
        ResponseWriter.head(status: 204, to: &output)
        ResponseWriter.end(to: &output)
        let reading = ResponseReading([output.readable.array])
        #expect(reading.lines == ["204 http11 none keeps alive", "end"])
    }
}
