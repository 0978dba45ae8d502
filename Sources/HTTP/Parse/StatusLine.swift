import Bytes

/// Reads a status line byte by byte, so that what is no response is refused at its first wrong
/// byte. A missing reason is tolerated, with or without the space before it. Source: RFC 9112,
/// section 4.
struct StatusLine {
    /// What the line says, and where it ends.
    struct Content {
        var status: Int
        var version: HTTPVersion
        var end: Int
    }

    private enum State {
        case version
        case status(HTTPVersion)
        case reason(HTTPVersion)
        /// Everything but the line feed was there.
        case lineFeed(HTTPVersion)
    }

    private static let statusStart = HTTPVersion.byteCount + 1
    private static let statusEnd = statusStart + 3

    let start: Int
    private var offset: Int
    private var state = State.version

    init(at start: Int) {
        self.start = start
        offset = start
    }

    /// The line; nil while its end is not there.
    mutating func next(
        in bytes: Span<UInt8>, limits: HTTPLimits
    ) throws(HTTPError) -> Content? {
        while offset < bytes.count {
            guard offset - start < limits.headByteCountMax else {
                throw .headTooLarge(limit: limits.headByteCountMax)
            }
            let byte = bytes[offset]
            if case .lineFeed(let version) = state {
                guard byte == .lineFeed else { throw .bareCarriageReturn }
                let digits = (start + Self.statusStart)..<(start + Self.statusEnd)
                guard let status = bytes.extracting(digits).decimal, status >= 100 else {
                    throw .malformedStatusLine
                }
                return Content(status: status, version: version, end: offset + 1)
            }
            try take(byte, in: bytes)
            offset += 1
        }
        return nil
    }

    private mutating func take(_ byte: UInt8, in bytes: Span<UInt8>) throws(HTTPError) {
        let index = offset - start
        switch state {
        case .version where index < HTTPVersion.byteCount:
            guard HTTPVersion.allows(byte, at: index) else {
                throw index < 5 ? .notHTTP : .malformedStatusLine
            }
        case .version:
            guard byte == .space else { throw .malformedStatusLine }
            state = .status(try HTTPVersion(at: start, in: bytes))
        case .status where index < Self.statusEnd:
            guard byte.isDigit else { throw .malformedStatusLine }
        case .status(let version) where byte == .space:
            state = .reason(version)
        case .status(let version), .reason(let version):
            if byte == .carriageReturn {
                state = .lineFeed(version)
            } else if byte == .lineFeed {
                throw .bareLineFeed
            } else if case .reason = state, byte.isFieldValueCharacter {
                return
            } else {
                throw .malformedStatusLine
            }
        case .lineFeed:
            throw .malformedStatusLine
        }
    }
}
