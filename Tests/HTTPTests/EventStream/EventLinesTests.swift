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
        let text = bytes(String(repeating: ending, count: 1_000_000))
        let started = ContinuousClock.now
        var lines = EventLines()
        var offset = 0
        var lineCount = 0
        while case (.line, let byteCount) = lines.next(
            in: text.span.extracting(offset..<text.count))
        {
            offset += byteCount
            lineCount += 1
        }
        #expect(lineCount == 1_000_000)
        #expect(ContinuousClock.now - started < .seconds(5))
    }
}
