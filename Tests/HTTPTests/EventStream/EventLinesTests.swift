import Bytes
import HTTP
import TestSupport
import Testing

@Suite struct EventLinesTests {
    private func lines(_ deliveries: [[UInt8]]) -> [String] {
        var lines = EventLines()
        var inbox = Buffer()
        var result: [String] = []
        for piece in deliveries {
            inbox.append(piece.span)
            reading: while true {
                let (token, byteCount) = lines.next(in: inbox.readable)
                if case .line(let range) = token {
                    result.append(inbox.readable.extracting(range).text)
                }
                inbox.consume(byteCount)
                if token == .needsMore { break reading }
            }
        }
        return result
    }

    @Test
    func `carriage returns, line feeds and both end a line, however they arrive`() {
        let text = bytes("a\rb\nc\r\nd\r\r\n\n\r\n\re\n\rf\rg")
        let expected = ["a", "b", "c", "d", "", "", "", "", "e", "", "f"]
        for delivery in everyDelivery(of: text) {
            #expect(lines(delivery) == expected)
        }
    }

    @Test(arguments: ["\r", "\n", "\r\n"])
    func `many empty lines cost no more than their number`(ending: String) {
        let text = bytes(String(repeating: ending, count: 200_000))
        let started = ContinuousClock.now
        #expect(lines([text]).count == 200_000)
        #expect(ContinuousClock.now - started < .seconds(5))
    }
}
