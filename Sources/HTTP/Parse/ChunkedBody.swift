import Bytes

/// Takes a chunked body apart: what frames the content is checked and used up, the content is
/// answered as ranges, trailers are checked and discarded. Source: RFC 9112, section 7.1.
public struct ChunkedBody: Sendable {
    public enum Token: Equatable, Sendable {
        case needsMore
        /// A piece of the content.
        case data(Range<Int>)
        case end
    }

    private enum State {
        case size(digitCount: Int, value: UInt64)
        case extensions(ChunkExtensions, size: Int)
        case sizeLineFeed(size: Int)
        case data(missing: Int)
        case dataReturn
        case dataLineFeed
        case trailers(LineScanner)
        case ended
    }

    /// More digits than any size that fits a machine has; leading zeros count.
    private static let digitCountMax = 16

    private let limits: HTTPLimits
    private var state = State.size(digitCount: 0, value: 0)
    private var contentByteCount = 0
    private var extensionByteCount = 0
    private var trailerByteCount = 0

    public init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// The token at the front of `bytes`, and how many bytes it used up. After an error the body
    /// must not be read on.
    public mutating func next(
        in bytes: Span<UInt8>
    ) throws(HTTPError) -> (token: Token, byteCount: Int) {
        var offset = 0
        while true {
            switch state {
            case .data(let missing):
                guard offset < bytes.count else { return (.needsMore, offset) }
                let count = min(missing, bytes.count - offset)
                state = count == missing ? .dataReturn : .data(missing: missing - count)
                return (.data(offset..<(offset + count)), offset + count)
            case .trailers(let lines):
                return try nextTrailers(lines, in: bytes, from: offset)
            case .ended:
                return (.end, offset)
            case .size, .extensions, .sizeLineFeed, .dataReturn, .dataLineFeed:
                guard offset < bytes.count else { return (.needsMore, offset) }
                try take(bytes[offset])
                offset += 1
            }
        }
    }

    /// Takes one byte of what frames the content.
    private mutating func take(_ byte: UInt8) throws(HTTPError) {
        switch state {
        case .size(let digitCount, let value):
            try takeSize(byte, digitCount: digitCount, value: value)
        case .extensions(let extensions, let size) where byte == .carriageReturn:
            guard extensions.mayEnd else { throw .badChunk }
            state = .sizeLineFeed(size: size)
        case .extensions(var extensions, let size):
            try extensions.take(byte)
            try countExtensionByte()
            state = .extensions(extensions, size: size)
        case .sizeLineFeed(let size):
            guard byte == .lineFeed else { throw .badChunk }
            state = size == 0 ? .trailers(LineScanner(at: 0)) : .data(missing: size)
        case .dataReturn:
            guard byte == .carriageReturn else { throw .badChunk }
            state = .dataLineFeed
        case .dataLineFeed:
            guard byte == .lineFeed else { throw .badChunk }
            state = .size(digitCount: 0, value: 0)
        case .data, .trailers, .ended:
            throw .badChunk
        }
    }

    private mutating func takeSize(
        _ byte: UInt8, digitCount: Int, value: UInt64
    ) throws(HTTPError) {
        if let digit = byte.hexDigitValue {
            guard digitCount < Self.digitCountMax else { throw .badChunk }
            state = .size(digitCount: digitCount + 1, value: value << 4 | UInt64(digit))
            return
        }
        guard digitCount > 0, let size = Int(exactly: value) else { throw .badChunk }
        guard size <= limits.bodyByteCountMax - contentByteCount else {
            throw .bodyTooLarge(limit: limits.bodyByteCountMax)
        }
        contentByteCount += size
        guard byte != .carriageReturn else {
            state = .sizeLineFeed(size: size)
            return
        }
        state = .extensions(try ChunkExtensions(after: byte), size: size)
        try countExtensionByte()
    }

    private mutating func countExtensionByte() throws(HTTPError) {
        extensionByteCount += 1
        guard extensionByteCount <= limits.extensionByteCountMax else {
            throw .chunkExtensionsTooLong(limit: limits.extensionByteCountMax)
        }
    }

    /// Discards the lines of the trailer section that are there; one that is cut stays in `bytes`.
    /// - `offset`: where `lines`, whose offsets count from there, begins in `bytes`.
    private mutating func nextTrailers(
        _ lines: LineScanner, in bytes: Span<UInt8>, from offset: Int
    ) throws(HTTPError) -> (token: Token, byteCount: Int) {
        let rest = bytes.extracting(offset..<bytes.count)
        var lines = lines
        let endMax = limits.trailerByteCountMax - trailerByteCount
        while true {
            switch try lines.next(in: rest, endMax: endMax) {
            case .needsMore:
                let byteCount = lines.start
                trailerByteCount += byteCount
                lines.consumeLines()
                state = .trailers(lines)
                return (.needsMore, offset + byteCount)
            case .tooLong:
                throw .trailersTooLong(limit: limits.trailerByteCountMax)
            case .line(let line) where line.isEmpty:
                state = .ended
                return (.end, offset + lines.start)
            case .line(let line):
                guard (try? FieldLine.parse(line, in: rest)) != nil else { throw .badTrailer }
            }
        }
    }
}
