import Bytes

/// Reads the head of one response, interim or final, and decides what it means.
struct ResponseHeadParser {
    private enum State {
        case line(StatusLine)
        case fields(StatusLine.Content, FieldSection)
    }

    private let start: Int
    private let limits: HTTPLimits
    private let requestMethod: Method
    private var state: State

    init(at start: Int, limits: HTTPLimits, requestMethod: Method) {
        self.start = start
        self.limits = limits
        self.requestMethod = requestMethod
        state = .line(StatusLine(at: start))
    }

    /// The head and where it ends; nil while it is not complete.
    mutating func next(
        in bytes: Span<UInt8>
    ) throws(HTTPError) -> (head: ResponseHead, end: Int)? {
        if case .line(var line) = state {
            guard let content = try line.next(in: bytes, limits: limits) else {
                state = .line(line)
                return nil
            }
            state = .fields(content, FieldSection(at: content.end))
        }
        guard case .fields(let line, var fields) = state else { return nil }
        state = .line(StatusLine(at: start))  // lets the fields be changed without a copy
        guard let section = try fields.next(in: bytes, headStart: start, limits: limits) else {
            state = .fields(line, fields)
            return nil
        }
        return (try head(line, section.headers, in: bytes), section.end)
    }

    private func head(
        _ line: StatusLine.Content, _ headers: HeaderList, in bytes: Span<UInt8>
    ) throws(HTTPError) -> ResponseHead {
        guard line.status != 101 else { throw .unexpectedUpgrade }
        let framing: BodyFraming =
            line.status < 200
            ? .none
            : try BodyFraming.response(
                headers, status: line.status, to: requestMethod, version: line.version,
                limits: limits, in: bytes)
        return ResponseHead(
            status: line.status,
            version: line.version,
            headers: headers,
            framing: framing,
            keepsAlive: KeepAlive.isGranted(
                byResponse: headers, version: line.version, framing: framing, in: bytes))
    }
}
