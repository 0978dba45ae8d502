import Bytes

/// Finds the lines of a head or trailer section. Only CRLF ends a line: what other readers might
/// take for a line ending is refused, so that nobody sees other lines here. Source: RFC 9112,
/// section 2.2.
struct LineScanner {
    enum Token: Equatable {
        case needsMore
        /// A line without its ending.
        case line(Range<Int>)
        /// The line ends, or would end, beyond the limit.
        case tooLong
    }

    /// Where the next line begins.
    private(set) var start: Int
    /// No line ending stands in `start..<searched`.
    private var searched: Int

    init(at start: Int) {
        self.start = start
        searched = start
    }

    /// The next line of those that end at or before `endMax`.
    mutating func next(in bytes: Span<UInt8>, endMax: Int) throws(HTTPError) -> Token {
        guard let ending = bytes.firstLineEnding(from: searched) else {
            searched = bytes.count
            return bytes.count > endMax ? .tooLong : .needsMore
        }
        guard ending < endMax else { return .tooLong }
        guard bytes[ending] == .carriageReturn else { throw .bareLineFeed }
        guard ending + 1 < bytes.count else {
            searched = ending
            return .needsMore
        }
        guard bytes[ending + 1] == .lineFeed else { throw .bareCarriageReturn }
        guard ending + 2 <= endMax else { return .tooLong }
        let line = start..<ending
        start = ending + 2
        searched = start
        return .line(line)
    }

    /// Follows the bytes when all lines so far are consumed from their front.
    mutating func consumeLines() {
        searched -= start
        start = 0
    }
}
