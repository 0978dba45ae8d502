import Bytes
import HTTP
import TestSupport
import Testing

@Suite struct ChunkedBodyTests {
    private struct Reading: Equatable {
        var content: [UInt8] = []
        var hasEnded = false
        var error: HTTPError?
        var unread: [UInt8] = []
        /// The most bytes that stayed unread between two deliveries.
        var heldMax = 0

        init(_ deliveries: [[UInt8]], limits: HTTPLimits = HTTPLimits()) {
            var body = ChunkedBody(limits: limits)
            var inbox = Buffer()
            do throws(HTTPError) {
                for piece in deliveries {
                    inbox.append(piece.span)
                    reading: while !hasEnded {
                        let (token, byteCount) = try body.next(in: inbox.readable)
                        switch token {
                        case .needsMore: break
                        case .data(let range):
                            content += inbox.readable.extracting(range).array
                        case .end: hasEnded = true
                        }
                        inbox.consume(byteCount)
                        if token == .needsMore { break reading }
                    }
                    heldMax = max(heldMax, inbox.count)
                }
            } catch {
                self.error = error
            }
            unread = inbox.readable.array
        }
    }

    @Test(arguments: [
        "5\r\nhello\r\n0\r\n\r\n",
        "0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n",
        "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        "5;a\r\nhello\r\n0;b=c\r\n\r\n",
        "5 ;\t a = b ;c=\"d\\\"\\\\ ;\t\u{e4}\" ; e\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\nHost: x\r\nContent-Length: 7\r\nTransfer-Encoding: a\r\n"
            + "Authorization:\r\n\r\n",
    ])
    func `content is found whatever frames it`(text: String) {
        for delivery in everyDelivery(of: bytes(text + "GET")) {
            let reading = Reading(delivery)
            #expect(reading.content == bytes("hello"))
            #expect(reading.hasEnded && reading.error == nil)
            #expect(reading.unread == bytes("GET"))
        }
    }

    @Test
    func `hexadecimal sizes are read in both cases`() {
        let content = [UInt8](repeating: 7, count: 0x1aF)
        for size in ["1af", "1AF", "01Af"] {
            let text = bytes("\(size)\r\n") + content + bytes("\r\n0\r\n\r\n")
            #expect(Reading(pieces(of: text, size: 1)).content == content)
        }
    }

    @Test
    func `only a trailer line that is cut stays with the caller`() {
        let text = bytes("5;aaaa\r\nhello\r\n0\r\nA: b\r\nCC: d\r\n\r\n")
        #expect(Reading(pieces(of: text, size: 1)).heldMax == 6)
    }

    @Test
    func `the end is answered again when asked again`() throws {
        var body = ChunkedBody(limits: HTTPLimits())
        let text = bytes("0\r\n\r\n")
        let first = try body.next(in: text.span)
        #expect(first.token == .end && first.byteCount == 5)
        let second = try body.next(in: text.span)
        #expect(second.token == .end && second.byteCount == 0)
    }

    @Test
    func `limits allow exactly what they say`() {
        let text = bytes("2;a\r\nhe\r\n3;b\r\nllo\r\n0;c\r\nA: b\r\n\r\n")
        let exact = HTTPLimits(
            bodyByteCountMax: 5, extensionByteCountMax: 6, trailerByteCountMax: 8)
        for delivery in everyDelivery(of: text) {
            #expect(Reading(delivery, limits: exact).hasEnded)
        }
        let less: [(HTTPLimits, HTTPError)] = [
            (HTTPLimits(bodyByteCountMax: 4), .bodyTooLarge(limit: 4)),
            (HTTPLimits(extensionByteCountMax: 5), .chunkExtensionsTooLong(limit: 5)),
            (HTTPLimits(trailerByteCountMax: 7), .trailersTooLong(limit: 7)),
        ]
        for (limits, error) in less {
            for delivery in everyDelivery(of: text) {
                #expect(Reading(delivery, limits: limits).error == error)
            }
        }
    }
}
