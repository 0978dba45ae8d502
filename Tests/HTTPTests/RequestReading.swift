import Bytes
import HTTP
import TestSupport

/// What a request parser makes of bytes, as one line an event, pieces of a body put together.
struct RequestReading: Equatable {
    var lines: [String] = []
    var heads: [RequestHead] = []
    var error: HTTPError?
    var unread: [UInt8] = []
    var isBetweenRequests = true

    init(_ deliveries: [[UInt8]], limits: HTTPLimits = HTTPLimits()) {
        var parser = RequestParser(limits: limits)
        var inbox = Buffer()
        var body: [UInt8]?
        do throws(HTTPError) {
            for piece in deliveries {
                inbox.append(piece.span)
                reading: while true {
                    let (event, byteCount) = try parser.next(in: inbox.readable)
                    switch event {
                    case .needsMore: break
                    case .head(let head):
                        heads.append(head)
                        lines.append(Self.line(head, in: inbox.readable))
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
        } catch {
            self.error = error
            do throws(HTTPError) {
                _ = try parser.next(in: inbox.readable)
                lines.append("read on after an error")
            } catch let again {
                if again != error { lines.append("another error the second time: \(again)") }
            }
        }
        if let body { lines.append("body \(body.span.text)…") }
        unread = inbox.readable.array
        isBetweenRequests = parser.isBetweenRequests
    }

    private static func line(_ head: RequestHead, in bytes: Span<UInt8>) -> String {
        func text(_ range: Range<Int>?) -> String {
            range.map { bytes.extracting($0).text } ?? "-"
        }
        var words = ["\(head.method)", text(head.target), text(head.path), text(head.query)]
        words += ["\(head.form)", text(head.authority), text(head.host)]
        words += ["\(head.version)", "\(head.framing)"]
        if head.keepsAlive { words.append("keeps alive") }
        if head.expectsContinue { words.append("expects continue") }
        return words.joined(separator: " ")
    }
}
