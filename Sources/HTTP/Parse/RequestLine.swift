import Bytes

/// Reads a request line byte by byte, so that what is no request is refused at its first wrong byte
/// and not when a whole head has come. Source: RFC 9112, section 3.
struct RequestLine {
    /// What the line says, and where it ends.
    struct Content {
        var method: Method
        var target: Range<Int>
        var version: HTTPVersion
        var end: Int
    }

    private enum State {
        case method
        case target(start: Int)
        case version(target: Range<Int>, start: Int)
        /// Everything but the line feed was there.
        case lineFeed(target: Range<Int>, version: HTTPVersion)
    }

    /// No registered method has more; a longer word is not going to be one.
    private static let methodByteCountMax = 32

    let start: Int
    private var offset: Int
    private var state = State.method

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
            if case .lineFeed(let target, let version) = state {
                guard byte == .lineFeed else { throw .bareCarriageReturn }
                let method = Method(bytes.extracting(start..<(target.lowerBound - 1)))
                return Content(method: method, target: target, version: version, end: offset + 1)
            }
            guard byte != .lineFeed else { throw .bareLineFeed }
            try take(byte, in: bytes, limits: limits)
            offset += 1
        }
        return nil
    }

    private mutating func take(
        _ byte: UInt8, in bytes: Span<UInt8>, limits: HTTPLimits
    ) throws(HTTPError) {
        switch state {
        case .method:
            try takeMethod(byte)
        case .target(let targetStart) where byte == .space:
            guard offset > targetStart else { throw .malformedRequestLine }
            state = .version(target: targetStart..<offset, start: offset + 1)
        case .target(let targetStart):
            guard byte.isVisibleCharacter, byte != .ascii("#") else { throw .malformedRequestLine }
            guard offset - targetStart < limits.targetByteCountMax else {
                throw .targetTooLong(limit: limits.targetByteCountMax)
            }
        case .version(let target, let versionStart):
            let index = offset - versionStart
            if index < HTTPVersion.byteCount {
                guard HTTPVersion.allows(byte, at: index) else { throw .malformedRequestLine }
            } else {
                guard byte == .carriageReturn else { throw .malformedRequestLine }
                let version = try HTTPVersion(at: versionStart, in: bytes)
                state = .lineFeed(target: target, version: version)
            }
        case .lineFeed:
            throw .malformedRequestLine
        }
    }

    private mutating func takeMethod(_ byte: UInt8) throws(HTTPError) {
        if byte == .space, offset > start {
            state = .target(start: offset + 1)
            return
        }
        guard byte.isTokenCharacter else {
            let isForeign = offset == start && !byte.isVisibleCharacter && byte != .space
            throw isForeign ? .notHTTP : .malformedRequestLine
        }
        guard offset - start < Self.methodByteCountMax else { throw .malformedRequestLine }
    }
}
