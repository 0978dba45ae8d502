import Bytes
import HTTP
import TestSupport

/// What a response parser makes of bytes and perhaps of the peer's closing.
struct ResponseReading: Equatable {
    var lines: [String] = []
    var error: HTTPError?
    var unread: [UInt8] = []
    var isBeforeResponse = true

    init(
        _ deliveries: [[UInt8]], to method: HTTP.Method = .get, closes: Bool = false,
        limits: HTTPLimits = HTTPLimits()
    ) {
        var parser = ResponseParser(limits: limits, requestMethod: method)
        var inbox = Buffer()
        var body: [UInt8]?
        do throws(HTTPError) {
            for piece in deliveries {
                inbox.append(piece.span)
                reading: while lines.last != "end" {
                    let (event, byteCount) = try parser.next(in: inbox.readable)
                    switch event {
                    case .needsMore: break
                    case .head(let head): lines.append(Self.line(head))
                    case .body(let range):
                        body = (body ?? []) + inbox.readable.extracting(range).array
                    case .end:
                        if let body { lines.append("body \(body.span.text)") }
                        body = nil
                        lines.append("end")
                    }
                    inbox.consume(byteCount)
                    if event == .needsMore { break reading }
                }
            }
            if closes, lines.last != "end" {
                let event = try parser.closed()
                if let body { lines.append("body \(body.span.text)") }
                body = nil
                lines.append("closed: \(event)")
            }
        } catch {
            self.error = error
        }
        if let body { lines.append("body \(body.span.text)…") }
        unread = inbox.readable.array
        isBeforeResponse = parser.isBeforeResponse
    }

    private static func line(_ head: ResponseHead) -> String {
        let line = "\(head.status) \(head.version) \(head.framing)"
        return head.keepsAlive ? line + " keeps alive" : line
    }
}
