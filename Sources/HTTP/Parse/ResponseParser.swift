import Bytes

/// Reads the final response to one request and passes over the interim ones before it. Source:
/// RFC 9112; RFC 9110, section 15.2.
public struct ResponseParser: Sendable {
    public enum Event: Equatable, Sendable {
        case needsMore
        case head(ResponseHead)
        /// A piece of the content.
        case body(Range<Int>)
        /// The response is complete. Further calls answer the same and use up nothing.
        case end
    }

    private enum State {
        case waiting
        case head(ResponseHeadParser)
        case length(missing: Int)
        case chunked(ChunkedBody)
        case untilClose(received: Int)
        case ended
        case failed(HTTPError)
    }

    private let limits: HTTPLimits
    private let requestMethod: Method
    private var state = State.waiting
    private var interimResponseCount = 0

    /// - `requestMethod`: what the response answers; there is no body after HEAD.
    public init(limits: HTTPLimits, requestMethod: Method = .get) {
        self.limits = limits
        self.requestMethod = requestMethod
    }

    /// Whether nothing of any response was seen yet.
    public var isBeforeResponse: Bool {
        if case .waiting = state { true } else { false }
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

    /// The peer closed, and everything it sent before was read.
    /// - Throws: `.closedInsideHead`, `.closedInsideBody`, or what `next` threw before.
    public mutating func closed() throws(HTTPError) -> Event {
        switch state {
        case .waiting, .head:
            state = .failed(.closedInsideHead)
            throw .closedInsideHead
        case .length(missing: 0), .untilClose, .ended:
            state = .ended
            return .end
        case .length, .chunked:
            state = .failed(.closedInsideBody)
            throw .closedInsideBody
        case .failed(let error):
            throw error
        }
    }

    private mutating func advance(
        in bytes: Span<UInt8>
    ) throws(HTTPError) -> (event: Event, byteCount: Int) {
        switch state {
        case .waiting:
            guard !bytes.isEmpty else { return (.needsMore, 0) }
            return try nextHead(headParser(at: 0), in: bytes)
        case .head(let parser):
            state = .waiting
            return try nextHead(parser, in: bytes)
        case .length(missing: 0), .ended:
            state = .ended
            return (.end, 0)
        case .length(let missing):
            guard !bytes.isEmpty else { return (.needsMore, 0) }
            let count = min(missing, bytes.count)
            state = .length(missing: missing - count)
            return (.body(0..<count), count)
        case .chunked(var body):
            let (token, byteCount) = try body.next(in: bytes)
            state = token == .end ? .ended : .chunked(body)
            switch token {
            case .needsMore: return (.needsMore, byteCount)
            case .data(let range): return (.body(range), byteCount)
            case .end: return (.end, byteCount)
            }
        case .untilClose(let received):
            guard !bytes.isEmpty else { return (.needsMore, 0) }
            let count = min(limits.bodyByteCountMax - received, bytes.count)
            guard count > 0 else { throw .bodyTooLarge(limit: limits.bodyByteCountMax) }
            state = .untilClose(received: received + count)
            return (.body(0..<count), count)
        case .failed(let error):
            throw error
        }
    }

    private func headParser(at start: Int) -> ResponseHeadParser {
        ResponseHeadParser(at: start, limits: limits, requestMethod: requestMethod)
    }

    private mutating func nextHead(
        _ parser: consuming ResponseHeadParser, in bytes: Span<UInt8>
    ) throws(HTTPError) -> (event: Event, byteCount: Int) {
        var start = 0
        while let (head, end) = try parser.next(in: bytes) {
            guard head.status < 200 else {
                state = Self.bodyState(head.framing, limits: limits)
                return (.head(head), end)
            }
            guard interimResponseCount < limits.interimResponseCountMax else {
                throw .tooManyInterimResponses(limit: limits.interimResponseCountMax)
            }
            interimResponseCount += 1
            start = end
            parser = headParser(at: start)
        }
        // Interim responses are used up, so offsets will count from behind them: what was seen of
        // the next head is read anew.
        state = .head(start == 0 ? parser : headParser(at: 0))
        return (.needsMore, start)
    }

    private static func bodyState(_ framing: BodyFraming, limits: HTTPLimits) -> State {
        switch framing {
        case .none: .length(missing: 0)
        case .length(let byteCount): .length(missing: byteCount)
        case .chunked: .chunked(ChunkedBody(limits: limits))
        case .untilClose: .untilClose(received: 0)
        }
    }
}
