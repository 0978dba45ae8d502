import Bytes

/// The parts of a request target. Source: RFC 9112, section 3.2.
struct RequestTarget {
    var form: RequestHead.Form
    var path: Range<Int>
    var query: Range<Int>?
    var authority: Range<Int>?

    /// - `range`: a target of visible ASCII characters without a fragment.
    /// - Throws: `.malformedRequestLine` for authority form, `*` of another method than OPTIONS and
    ///   what has no form at all; `.badHost` for an absolute form without a plain authority.
    init(_ range: Range<Int>, of method: Method, in bytes: Span<UInt8>) throws(HTTPError) {
        let text = bytes.extracting(range)
        if text.first == .slash {
            form = .origin
            (path, query) = Self.splitQuery(range, in: bytes)
            return
        }
        if text.equals("*") {
            guard method == .options else { throw .malformedRequestLine }
            form = .asterisk
            path = range
            return
        }
        guard let schemeCount = Self.schemeByteCount(text) else { throw .malformedRequestLine }
        form = .absolute
        let authorityStart = range.lowerBound + schemeCount
        var pathStart = authorityStart
        while pathStart < range.upperBound, bytes[pathStart] != .slash,
            bytes[pathStart] != .ascii("?")
        {
            pathStart += 1
        }
        guard Authority(authorityStart..<pathStart, in: bytes) != nil else { throw .badHost }
        authority = authorityStart..<pathStart
        (path, query) = Self.splitQuery(pathStart..<range.upperBound, in: bytes)
    }

    private static func splitQuery(
        _ range: Range<Int>, in bytes: Span<UInt8>
    ) -> (path: Range<Int>, query: Range<Int>?) {
        guard let mark = bytes.extracting(range).firstIndex(of: .ascii("?")) else {
            return (range, nil)
        }
        let pathEnd = range.lowerBound + mark
        return (range.lowerBound..<pathEnd, (pathEnd + 1)..<range.upperBound)
    }

    /// How many bytes `http://` or `https://` take at the front; nil where neither stands.
    private static func schemeByteCount(_ text: Span<UInt8>) -> Int? {
        for scheme: StaticString in ["http://", "https://"] {
            let count = scheme.utf8CodeUnitCount
            if text.count >= count, text.extracting(0..<count).equalsIgnoringCase(scheme) {
                return count
            }
        }
        return nil
    }
}
