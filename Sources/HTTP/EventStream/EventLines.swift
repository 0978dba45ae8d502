import Bytes

/// Splits a server-sent event stream into lines. Source: WHATWG HTML, section 9.2.5.
public struct EventLines: Sendable {
    public enum Token: Equatable, Sendable {
        case line(Range<Int>)
        case needsMore
    }

    private enum State {
        case lineStart
        case afterReturn  // a line feed here ends the line already reported
        case insideLine(searched: Int)  // this many bytes hold no line ending
    }

    private var state = State.lineStart

    public init() {}

    /// The token at the front of `bytes`, and how many bytes it used up.
    public mutating func next(in bytes: Span<UInt8>) -> (token: Token, byteCount: Int) {
        let (start, searched) =
            switch state {
            case .insideLine(let count): (0, count)
            case .afterReturn where bytes.first == .lineFeed: (1, 1)
            case .afterReturn, .lineStart: (0, 0)
            }
        guard let end = bytes.firstLineEnding(from: searched) else {
            if !bytes.isEmpty { state = .insideLine(searched: bytes.count - start) }
            return (.needsMore, start)
        }
        state = bytes[end] == .carriageReturn ? .afterReturn : .lineStart
        return (.line(start..<end), end + 1)
    }
}
