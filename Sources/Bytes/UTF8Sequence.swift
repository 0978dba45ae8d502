/// Well-formed UTF-8 byte by byte. Source: Unicode 15, table 3-7.
public enum UTF8Sequence {
    enum Verdict: Equatable {
        case complete(byteCount: Int)
        /// The bytes end inside a sequence that is well formed so far.
        case cut
        /// The longest part that could have begun a sequence, at least one byte.
        case malformed(byteCount: Int)
    }

    /// What stands at `offset`.
    static func verdict(at offset: Int, in bytes: Span<UInt8>) -> Verdict {
        let (length, second): (Int, ClosedRange<UInt8>)
        switch bytes[offset] {
        case 0..<0x80: return .complete(byteCount: 1)
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xE1...0xEC, 0xEE...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return .malformed(byteCount: 1)
        }
        for index in 1..<length {
            guard offset + index < bytes.count else { return .cut }
            let allowed = index == 1 ? second : 0x80...0xBF
            guard allowed.contains(bytes[offset + index]) else {
                return .malformed(byteCount: index)
            }
        }
        return .complete(byteCount: length)
    }

    /// The length of the well-formed sequence at `offset`; nil where none stands.
    static func length(at offset: Int, in bytes: Span<UInt8>) -> Int? {
        guard case .complete(let byteCount) = verdict(at: offset, in: bytes) else { return nil }
        return byteCount
    }

    /// Whether all of `bytes` is well-formed.
    public static func isWellFormed(_ bytes: Span<UInt8>) -> Bool {
        var offset = 0
        while offset < bytes.count {
            guard let length = length(at: offset, in: bytes) else { return false }
            offset += length
        }
        return true
    }

    static func append(scalar: UInt32, to output: inout Buffer) {
        switch scalar {
        case 0..<0x80:
            output.append(UInt8(scalar))
        case 0x80..<0x800:
            output.append(UInt8(0xC0 | scalar >> 6))
            output.append(UInt8(0x80 | scalar & 63))
        case 0x800..<0x10000:
            output.append(UInt8(0xE0 | scalar >> 12))
            output.append(UInt8(0x80 | scalar >> 6 & 63))
            output.append(UInt8(0x80 | scalar & 63))
        default:
            output.append(UInt8(0xF0 | scalar >> 18 & 7))
            output.append(UInt8(0x80 | scalar >> 12 & 63))
            output.append(UInt8(0x80 | scalar >> 6 & 63))
            output.append(UInt8(0x80 | scalar & 63))
        }
    }
}

/// Joins text that arrives in pieces which may end inside a character: what comes out is
/// well-formed UTF-8 at every step. Malformed bytes become U+FFFD, one for each longest part that
/// could have begun a character, as the Encoding standard and `String(decoding:as:)` have it.
public struct UTF8Joiner {
    /// The bytes of the character that was cut: the low `pendingCount` bytes, first byte highest.
    private var pending: UInt32 = 0
    private var pendingCount = 0

    public init() {}

    /// Whether the text so far ends inside a character.
    public var isInsideCharacter: Bool { pendingCount > 0 }

    /// Appends `piece`, and what was held back before it, to `output`.
    public mutating func append(_ piece: Span<UInt8>, to output: inout Buffer) {
        guard pendingCount > 0 else { return join(piece, to: &output) }
        var joined = Buffer(capacity: pendingCount + piece.count)
        releasePending(to: &joined)
        joined.append(piece)
        join(joined.readable, to: &output)
    }

    /// Ends the text: a character that was cut becomes U+FFFD.
    public mutating func finish(to output: inout Buffer) {
        guard pendingCount > 0 else { return }
        pendingCount = 0
        pending = 0
        output.append("\u{FFFD}" as StaticString)
    }

    private mutating func releasePending(to output: inout Buffer) {
        for index in 0..<pendingCount {
            let shift = UInt32(8 * (pendingCount - 1 - index))
            output.append(UInt8(truncatingIfNeeded: pending >> shift))
        }
        pendingCount = 0
        pending = 0
    }

    private mutating func join(_ bytes: Span<UInt8>, to output: inout Buffer) {
        var start = 0
        var offset = 0
        while offset < bytes.count {
            switch UTF8Sequence.verdict(at: offset, in: bytes) {
            case .complete(let byteCount):
                offset += byteCount
            case .cut:
                output.append(bytes.extracting(start..<offset))
                for index in offset..<bytes.count {
                    pending = pending << 8 | UInt32(bytes[index])
                    pendingCount += 1
                }
                return
            case .malformed(let byteCount):
                output.append(bytes.extracting(start..<offset))
                output.append("\u{FFFD}" as StaticString)
                offset += byteCount
                start = offset
            }
        }
        output.append(bytes.extracting(start..<bytes.count))
    }
}
