/// One value in a JSON text: what it is and where it stands (strings with their quotes).
public struct JSONValue: Equatable, Sendable {
    public enum Kind: Equatable, Sendable { case object, array, string, number, bool(Bool), null }
    public var kind: Kind
    public var range: Range<Int>

    public init(kind: Kind, range: Range<Int>) {
        self.kind = kind
        self.range = range
    }

    /// Where the bytes between the quotes of a string stand, escapes as they are written.
    public var inside: Range<Int> { (range.lowerBound + 1)..<(range.upperBound - 1) }
}

/// Walks a JSON text member by member and checks every byte it passes. Source: RFC 8259.
///
/// The cursor keeps an offset and no bytes: the same span is lent at every call. The caller opens
/// the containers it wants to look into and lets `value(in:)` pass over the others, which it checks
/// too.
public struct JSONCursor {
    public static let depthMax = 128
    public static let numberByteCountMax = 64

    public private(set) var offset: Int
    /// True between the opening of a container and its first member.
    private var isFirst = false

    public init(at offset: Int = 0) {
        self.offset = offset
    }

    /// Enters the object that starts here.
    public mutating func beginObject(in bytes: Span<UInt8>) throws(JSONError) {
        try open(.ascii("{"), in: bytes)
    }

    /// Enters the array that starts here.
    public mutating func beginArray(in bytes: Span<UInt8>) throws(JSONError) {
        try open(.ascii("["), in: bytes)
    }

    /// The next member's key, its quotes included, with the cursor before the member's value; nil
    /// at the object's end.
    public mutating func nextKey(in bytes: Span<UInt8>) throws(JSONError) -> JSONValue? {
        guard try advance(to: .ascii("}"), in: bytes) else { return nil }
        let start = offset
        guard start < bytes.count, bytes[start] == .quote else {
            throw .unexpected(offset: start)
        }
        try skipString(in: bytes)
        let key = JSONValue(kind: .string, range: start..<offset)
        skipSpace(in: bytes)
        try expect(.colon, in: bytes)
        return key
    }

    /// Whether the array has another element; the cursor then stands before it.
    public mutating func nextElement(in bytes: Span<UInt8>) throws(JSONError) -> Bool {
        try advance(to: .ascii("]"), in: bytes)
    }

    /// Passes over the value that starts here and tells what it is.
    public mutating func value(in bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
        skipSpace(in: bytes)
        let start = offset
        let kind = try kind(in: bytes)
        switch kind {
        case .object, .array: try skipContainer(in: bytes)
        case .string: try skipString(in: bytes)
        case .number: try skipNumber(in: bytes)
        case .bool(true): try skipWord("true", in: bytes)
        case .bool(false): try skipWord("false", in: bytes)
        case .null: try skipWord("null", in: bytes)
        }
        return JSONValue(kind: kind, range: start..<offset)
    }

    /// What the value that starts here is, judged by its first byte; the cursor stays before it.
    public mutating func kind(in bytes: Span<UInt8>) throws(JSONError) -> JSONValue.Kind {
        skipSpace(in: bytes)
        guard offset < bytes.count else { throw .unexpected(offset: offset) }
        switch bytes[offset] {
        case .ascii("{"): return .object
        case .ascii("["): return .array
        case .quote: return .string
        case .ascii("t"): return .bool(true)
        case .ascii("f"): return .bool(false)
        case .ascii("n"): return .null
        case .ascii("-"), 0x30...0x39: return .number
        default: throw .unexpected(offset: offset)
        }
    }

    /// Checks that nothing but white space follows.
    public mutating func end(in bytes: Span<UInt8>) throws(JSONError) {
        skipSpace(in: bytes)
        guard offset == bytes.count else { throw .unexpected(offset: offset) }
    }

    private mutating func open(_ bracket: UInt8, in bytes: Span<UInt8>) throws(JSONError) {
        skipSpace(in: bytes)
        try expect(bracket, in: bytes)
        isFirst = true
    }

    /// Passes the comma before the next member (false: passes `close` instead).
    private mutating func advance(
        to close: UInt8, in bytes: Span<UInt8>
    ) throws(JSONError) -> Bool {
        skipSpace(in: bytes)
        guard offset < bytes.count else { throw .unexpected(offset: offset) }
        let wasFirst = isFirst
        isFirst = false
        if bytes[offset] == close {
            offset += 1
            return false
        }
        if !wasFirst {
            try expect(.comma, in: bytes)
            skipSpace(in: bytes)
        }
        return true
    }

    private mutating func expect(_ byte: UInt8, in bytes: Span<UInt8>) throws(JSONError) {
        guard offset < bytes.count, bytes[offset] == byte else { throw .unexpected(offset: offset) }
        offset += 1
    }

    private mutating func skipSpace(in bytes: Span<UInt8>) {
        while offset < bytes.count {
            switch bytes[offset] {
            case .space, .tab, .lineFeed, .carriageReturn: offset += 1
            default: return
            }
        }
    }

    /// Passes over an object or array without recursion; which kind each open level is, is kept in
    /// a bit (1 = object), the innermost level lowest.
    private mutating func skipContainer(in bytes: Span<UInt8>) throws(JSONError) {
        var levels: (UInt64, UInt64) = (0, 0)
        var depth = 0
        repeat {
            switch try kind(in: bytes) {
            case .object, .array:
                guard depth < Self.depthMax else { throw .tooDeep(offset: offset) }
                let isObject = bytes[offset] == .ascii("{")
                levels = (levels.0 << 1 | levels.1 >> 63, levels.1 << 1 | (isObject ? 1 : 0))
                depth += 1
                offset += 1
                isFirst = true
            default:
                _ = try value(in: bytes)
            }
            while depth > 0 {
                let isObject = levels.1 & 1 == 1
                let hasNext =
                    isObject ? try nextKey(in: bytes) != nil : try nextElement(in: bytes)
                if hasNext { break }
                levels = (levels.0 >> 1, levels.1 >> 1 | levels.0 << 63)
                depth -= 1
            }
        } while depth > 0
    }

    private mutating func skipWord(
        _ word: StaticString, in bytes: Span<UInt8>
    ) throws(JSONError) {
        let end = offset + word.utf8CodeUnitCount
        guard end <= bytes.count, bytes.extracting(offset..<end).equals(word) else {
            throw .unexpected(offset: offset)
        }
        offset = end
    }

    private mutating func skipNumber(in bytes: Span<UInt8>) throws(JSONError) {
        let start = offset
        if bytes[offset] == .ascii("-") { offset += 1 }
        let firstDigit = offset
        guard skipDigits(in: bytes) else { throw .badNumber(offset: start) }
        guard bytes[firstDigit] != 0x30 || offset == firstDigit + 1 else {
            throw .badNumber(offset: start)
        }
        if offset < bytes.count, bytes[offset] == .ascii(".") {
            offset += 1
            guard skipDigits(in: bytes) else { throw .badNumber(offset: start) }
        }
        if offset < bytes.count, bytes[offset] | 0x20 == .ascii("e") {
            offset += 1
            if offset < bytes.count, bytes[offset] == .ascii("+") || bytes[offset] == .ascii("-") {
                offset += 1
            }
            guard skipDigits(in: bytes) else { throw .badNumber(offset: start) }
        }
        guard offset - start <= Self.numberByteCountMax else { throw .badNumber(offset: start) }
    }

    /// False where no digit stands.
    private mutating func skipDigits(in bytes: Span<UInt8>) -> Bool {
        let start = offset
        while offset < bytes.count, bytes[offset].isDigit { offset += 1 }
        return offset > start
    }

    private mutating func skipString(in bytes: Span<UInt8>) throws(JSONError) {
        offset += 1
        while true {
            offset = bytes.firstStringMark(from: offset)
            guard offset < bytes.count else { break }
            switch bytes[offset] {
            case .quote:
                offset += 1
                return
            case .backslash:
                guard let escape = JSONString.escape(at: offset, in: bytes) else {
                    throw .badString(offset: offset)
                }
                offset += escape.byteCount
            case 0..<0x20:
                throw .badString(offset: offset)
            case 0x20..<0x80:
                offset += 1
            default:
                guard let length = UTF8Sequence.length(at: offset, in: bytes) else {
                    throw .badString(offset: offset)
                }
                offset += length
            }
        }
        throw .unexpected(offset: offset)
    }
}
