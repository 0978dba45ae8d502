import Bytes

/// Reads the requests of one connection, one after the other. Source: RFC 9112.
public struct RequestParser: Sendable {
    public enum Event: Equatable, Sendable {
        case needsMore
        case head(RequestHead)
        /// A piece of the content.
        case body(Range<Int>)
        /// The request is complete; the next call reads the next one.
        case end
    }

    private enum State {
        case betweenRequests(emptyLineCount: Int)
        case head(RequestHeadParser)
        case length(missing: Int)
        case chunked(ChunkedBody)
        case failed(HTTPError)
    }

    /// Old clients send an empty line after a body. Source: RFC 9112, section 2.2.
    private static let emptyLineCountMax = 4

    private let limits: HTTPLimits
    private var state = State.betweenRequests(emptyLineCount: 0)

    public init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// Whether nothing of a next request was seen yet.
    public var isBetweenRequests: Bool {
        if case .betweenRequests = state { true } else { false }
    }

    /// The event at the front of `bytes`, and how many bytes it used up. Ranges point into `bytes`.
    /// - Throws: once it has thrown, the same error at every call.
    public mutating func next(
        in bytes: Span<UInt8>
    ) throws(HTTPError) -> (event: Event, byteCount: Int) {
        do throws(HTTPError) {
            return try advance(in: bytes)
        } catch {
            state = .failed(error)
            throw error
        }
    }

    private mutating func advance(
        in bytes: Span<UInt8>
    ) throws(HTTPError) -> (event: Event, byteCount: Int) {
        switch state {
        case .betweenRequests(let emptyLineCount):
            return try begin(after: emptyLineCount, in: bytes)
        case .head(let parser):
            state = .betweenRequests(emptyLineCount: 0)
            return try nextHead(parser, in: bytes)
        case .length(missing: 0):
            return end(after: 0)
        case .length(let missing):
            guard !bytes.isEmpty else { return (.needsMore, 0) }
            let count = min(missing, bytes.count)
            state = .length(missing: missing - count)
            return (.body(0..<count), count)
        case .chunked(var body):
            let (token, byteCount) = try body.next(in: bytes)
            state = .chunked(body)
            switch token {
            case .needsMore: return (.needsMore, byteCount)
            case .data(let range): return (.body(range), byteCount)
            case .end: return end(after: byteCount)
            }
        case .failed(let error):
            throw error
        }
    }

    private mutating func end(after byteCount: Int) -> (event: Event, byteCount: Int) {
        state = .betweenRequests(emptyLineCount: 0)
        return (.end, byteCount)
    }

    /// Skips empty lines and begins with the head behind them.
    private mutating func begin(
        after emptyLineCount: Int, in bytes: Span<UInt8>
    ) throws(HTTPError) -> (event: Event, byteCount: Int) {
        var emptyLineCount = emptyLineCount
        var start = 0
        while start < bytes.count, bytes[start] == .carriageReturn {
            guard start + 1 < bytes.count else { break }
            guard bytes[start + 1] == .lineFeed else { throw .bareCarriageReturn }
            guard emptyLineCount < Self.emptyLineCountMax else { throw .malformedRequestLine }
            emptyLineCount += 1
            start += 2
        }
        guard start < bytes.count, bytes[start] != .carriageReturn else {
            state = .betweenRequests(emptyLineCount: emptyLineCount)
            return (.needsMore, start)
        }
        let parser = RequestHeadParser(at: start, limits: limits)
        let (event, byteCount) = try nextHead(parser, in: bytes)
        guard start > 0, event == .needsMore else { return (event, byteCount) }
        // The empty lines are used up, so offsets will count from here: the head is read anew.
        state = .head(RequestHeadParser(at: 0, limits: limits))
        return (.needsMore, start)
    }

    private mutating func nextHead(
        _ parser: consuming RequestHeadParser, in bytes: Span<UInt8>
    ) throws(HTTPError) -> (event: Event, byteCount: Int) {
        guard let (head, end) = try parser.next(in: bytes) else {
            state = .head(parser)
            return (.needsMore, 0)
        }
        state =
            switch head.framing {
            case .none, .untilClose: .length(missing: 0)
            case .length(let byteCount): .length(missing: byteCount)
            case .chunked: .chunked(ChunkedBody(limits: limits))
            }
        return (.head(head), end)
    }
}
