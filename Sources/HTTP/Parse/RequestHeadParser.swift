import Bytes

/// Reads the head of one request and decides what it means.
struct RequestHeadParser {
    private enum State {
        case line(RequestLine)
        case fields(RequestLine.Content, FieldSection)
    }

    private let start: Int
    private let limits: HTTPLimits
    private var state: State

    init(at start: Int, limits: HTTPLimits) {
        self.start = start
        self.limits = limits
        state = .line(RequestLine(at: start))
    }

    /// The head and where it ends; nil while it is not complete.
    mutating func next(
        in bytes: Span<UInt8>
    ) throws(HTTPError) -> (head: RequestHead, end: Int)? {
        if case .line(var line) = state {
            guard let content = try line.next(in: bytes, limits: limits) else {
                state = .line(line)
                return nil
            }
            guard content.method != .connect else { throw .connectUnsupported }
            state = .fields(content, FieldSection(at: content.end))
        }
        guard case .fields(let line, var fields) = state else { return nil }
        state = .line(RequestLine(at: start))  // lets the fields be changed without a copy
        guard let section = try fields.next(in: bytes, headStart: start, limits: limits) else {
            state = .fields(line, fields)
            return nil
        }
        return (try head(line, section.headers, in: bytes), section.end)
    }

    private func head(
        _ line: RequestLine.Content, _ headers: HeaderList, in bytes: Span<UInt8>
    ) throws(HTTPError) -> RequestHead {
        let target = try RequestTarget(line.target, of: line.method, in: bytes)
        let host = try Self.host(headers, version: line.version, in: bytes)
        let framing = try BodyFraming.request(
            headers, version: line.version, limits: limits, in: bytes)
        let expects = try Self.expectsContinue(headers, version: line.version, in: bytes)
        return RequestHead(
            method: line.method,
            target: line.target,
            form: target.form,
            path: target.path,
            query: target.query,
            authority: target.authority,
            host: host,
            version: line.version,
            headers: headers,
            framing: framing,
            keepsAlive: KeepAlive.isWanted(byRequest: headers, version: line.version, in: bytes),
            expectsContinue: expects && framing.hasBody)
    }

    /// Source: RFC 9112, section 3.2.
    private static func host(
        _ headers: HeaderList, version: HTTPVersion, in bytes: Span<UInt8>
    ) throws(HTTPError) -> Range<Int>? {
        guard let host = headers.first("host", in: bytes) else {
            guard version == .http10 else { throw .missingHost }
            return nil
        }
        guard headers.count(of: "host", in: bytes) == 1 else { throw .duplicateHost }
        guard Authority(host, in: bytes) != nil else { throw .badHost }
        return host
    }

    /// Source: RFC 9110, section 10.1.1.
    private static func expectsContinue(
        _ headers: HeaderList, version: HTTPVersion, in bytes: Span<UInt8>
    ) throws(HTTPError) -> Bool {
        guard version == .http11, let value = headers.first("expect", in: bytes) else {
            return false
        }
        guard headers.count(of: "expect", in: bytes) == 1,
            bytes.extracting(value).equalsIgnoringCase("100-continue")
        else { throw .badExpectation }
        return true
    }
}
