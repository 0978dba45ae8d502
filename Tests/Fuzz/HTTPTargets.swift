import Bytes
import HTTP

/// Every parser is fed whole and in pieces of a size the input chooses; both must come to the same.
enum HTTPTargets {
    static func request(_ input: [UInt8]) {
        split(input) { bytes, size in
            var parser = RequestParser(limits: HTTPLimits(bodyByteCountMax: 1 << 16))
            return feed(bytes, size) { rest, log in
                let (event, byteCount) = try parser.next(in: rest)
                switch event {
                case .needsMore: return (byteCount, false)
                case .head(let head):
                    log += "head \(head.method) \(head.framing) \(head.keepsAlive);"
                case .body(let range): log += text(rest.extracting(range))
                case .end: log += ";end;"
                }
                return (byteCount, true)
            }
        }
    }

    static func response(_ input: [UInt8]) {
        split(input) { bytes, size in
            var parser = ResponseParser(limits: HTTPLimits(bodyByteCountMax: 1 << 16))
            var isOver = false
            return feed(bytes, size) { rest, log in
                guard !isOver else { return (rest.count, false) }
                let (event, byteCount) = try parser.next(in: rest)
                switch event {
                case .needsMore: return (byteCount, false)
                case .head(let head):
                    log += "head \(head.status) \(head.framing) \(head.keepsAlive);"
                case .body(let range): log += text(rest.extracting(range))
                case .end:
                    log += ";end;"
                    isOver = true
                }
                return (byteCount, true)
            }
        }
    }

    static func chunkedBody(_ input: [UInt8]) {
        split(input) { bytes, size in
            var parser = ChunkedBody(limits: HTTPLimits(bodyByteCountMax: 1 << 16))
            var isOver = false
            return feed(bytes, size) { rest, log in
                guard !isOver else { return (rest.count, false) }
                let (token, byteCount) = try parser.next(in: rest)
                switch token {
                case .needsMore: return (byteCount, false)
                case .data(let range): log += text(rest.extracting(range))
                case .end:
                    log += ";end;"
                    isOver = true
                }
                return (byteCount, true)
            }
        }
    }

    static func events(_ input: [UInt8]) {
        split(input) { bytes, size in
            var parser = EventParser(eventByteCountMax: 1 << 12)
            var joined = Buffer()
            return feed(bytes, size) { rest, log in
                let (token, byteCount) = try parser.next(in: rest, joined: &joined)
                switch token {
                case .needsMore: return (byteCount, false)
                case .data(let range): log += text(rest.extracting(range)) + ";"
                case .joined: log += text(joined.readable) + ";"
                }
                return (byteCount, true)
            }
        }
    }

    /// Runs `parse` on the whole and on pieces; the first byte chooses their size.
    private static func split(_ input: [UInt8], _ parse: ([UInt8], Int) -> String) {
        guard let first = input.first else { return }
        let bytes = Array(input.dropFirst())
        let whole = parse(bytes, max(1, bytes.count))
        let pieces = parse(bytes, Int(first % 16) + 1)
        precondition(whole == pieces, "the cut of the bytes changed what they mean")
    }

    /// Gives the bytes to `step` as they arrive and notes what came of it. `step` answers how many
    /// bytes it used up, and whether to go on before more arrive.
    private static func feed(
        _ bytes: [UInt8], _ size: Int, _ step: (Span<UInt8>, inout String) throws -> (Int, Bool)
    ) -> String {
        var log = ""
        var inbox = Buffer()
        var offset = 0
        do {
            while offset < bytes.count {
                let end = min(offset + size, bytes.count)
                inbox.append(bytes.span.extracting(offset..<end))
                offset = end
                var idleCount = 0
                while true {
                    // Events without bytes exist (an empty body's end); endless ones do not.
                    idleCount += 1
                    precondition(idleCount < 1 << 20, "a parser that never stops")
                    let (byteCount, goesOn) = try step(inbox.readable, &log)
                    inbox.consume(byteCount)
                    if !goesOn { break }
                }
            }
        } catch {
            // Which of several faults is met first may depend on what has arrived.
            log += " refused"
        }
        return log
    }

    private static func text(_ bytes: Span<UInt8>) -> String { Hex.string(bytes) }
}
