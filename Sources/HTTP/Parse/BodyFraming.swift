import Bytes

/// How the end of a body is found. This file alone decides it: two readers that disagree about
/// where a message ends are how requests are smuggled. Source: RFC 9112, section 6.3.
public enum BodyFraming: Equatable, Sendable {
    /// There is no body.
    case none
    case length(Int)
    case chunked
    /// The body ends when the peer closes. Responses only.
    case untilClose

    /// Whether content can follow.
    public var hasBody: Bool {
        switch self {
        case .none, .length(0): false
        case .length, .chunked, .untilClose: true
        }
    }

    /// The framing of a request.
    static func request(
        _ headers: HeaderList, version: HTTPVersion, limits: HTTPLimits, in bytes: Span<UInt8>
    ) throws(HTTPError) -> BodyFraming {
        try declared(by: headers, version: version, limits: limits, in: bytes) ?? .none
    }

    /// The framing of a final response to a request of `method`.
    static func response(
        _ headers: HeaderList, status: Int, to method: Method, version: HTTPVersion,
        limits: HTTPLimits, in bytes: Span<UInt8>
    ) throws(HTTPError) -> BodyFraming {
        switch (status, method) {
        case (_, .head), (204, _), (304, _): return .none
        case (200..<300, .connect): return .untilClose
        default:
            return try declared(by: headers, version: version, limits: limits, in: bytes)
                ?? .untilClose
        }
    }

    /// What Transfer-Encoding or Content-Length say; nil where neither stands.
    private static func declared(
        by headers: HeaderList, version: HTTPVersion, limits: HTTPLimits, in bytes: Span<UInt8>
    ) throws(HTTPError) -> BodyFraming? {
        let length = headers.first("content-length", in: bytes)
        if let coding = headers.first("transfer-encoding", in: bytes) {
            guard length == nil else { throw .conflictingFraming }
            guard version == .http11 else { throw .badTransferEncoding }
            guard headers.count(of: "transfer-encoding", in: bytes) == 1 else {
                throw .badTransferEncoding
            }
            try checkIsChunked(coding, in: bytes)
            return .chunked
        }
        guard let length else { return nil }
        guard headers.count(of: "content-length", in: bytes) == 1,
            let byteCount = bytes.extracting(length).decimal
        else { throw .badContentLength }
        guard byteCount <= limits.bodyByteCountMax else {
            throw .bodyTooLarge(limit: limits.bodyByteCountMax)
        }
        return .length(byteCount)
    }

    /// Accepts `chunked` alone. A well-formed list of other codings that ends with it is
    /// unsupported, anything else is malformed.
    private static func checkIsChunked(
        _ value: Range<Int>, in bytes: Span<UInt8>
    ) throws(HTTPError) {
        if bytes.extracting(value).equalsIgnoringCase("chunked") { return }
        var elements = ListElements(value)
        var endsChunked = false
        while let element = elements.next(in: bytes) {
            let coding = bytes.extracting(element)
            guard !endsChunked, coding.isToken else { throw .badTransferEncoding }
            endsChunked = coding.equalsIgnoringCase("chunked")
        }
        throw endsChunked ? .unsupportedTransferEncoding : .badTransferEncoding
    }
}
