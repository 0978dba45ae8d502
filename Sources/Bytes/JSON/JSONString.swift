/// The text of JSON strings: escapes read and written. Source: RFC 8259, section 7.
public enum JSONString {
    /// The scalar an escape stands for, and how many bytes spell it (a surrogate pair takes
    /// twelve).
    static func escape(at offset: Int, in bytes: Span<UInt8>) -> (scalar: UInt32, byteCount: Int)? {
        guard offset + 1 < bytes.count else { return nil }
        switch bytes[offset + 1] {
        case .quote: return (0x22, 2)
        case .backslash: return (0x5C, 2)
        case .slash: return (0x2F, 2)
        case .ascii("b"): return (0x08, 2)
        case .ascii("f"): return (0x0C, 2)
        case .ascii("n"): return (0x0A, 2)
        case .ascii("r"): return (0x0D, 2)
        case .ascii("t"): return (0x09, 2)
        case .ascii("u"): return unicodeEscape(at: offset, in: bytes)
        default: return nil
        }
    }

    private static func unicodeEscape(
        at offset: Int, in bytes: Span<UInt8>
    ) -> (scalar: UInt32, byteCount: Int)? {
        guard let unit = codeUnit(at: offset, in: bytes) else { return nil }
        switch unit {
        case 0xD800..<0xDC00:
            guard let low = codeUnit(at: offset + 6, in: bytes), 0xDC00..<0xE000 ~= low else {
                return nil
            }
            return (0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00), 12)
        case 0xDC00..<0xE000: return nil
        default: return (unit, 6)
        }
    }

    /// The UTF-16 code unit that `\uXXXX` at `offset` spells.
    private static func codeUnit(at offset: Int, in bytes: Span<UInt8>) -> UInt32? {
        guard offset + 6 <= bytes.count, bytes[offset] == .backslash,
            bytes[offset + 1] == .ascii("u")
        else { return nil }
        var unit: UInt32 = 0
        for index in (offset + 2)..<(offset + 6) {
            guard let digit = bytes[index].hexDigitValue else { return nil }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// Appends the text of a string that a cursor has passed, its escapes resolved.
    public static func decode(
        _ value: JSONValue, in bytes: Span<UInt8>, to output: inout Buffer
    ) {
        let inside = bytes.extracting(value.inside)
        var offset = 0
        while offset < inside.count {
            let next = inside.firstIndex(of: .backslash, from: offset) ?? inside.count
            output.append(inside.extracting(offset..<next))
            offset = next
            guard offset < inside.count else { return }
            guard let escape = escape(at: offset, in: inside) else { return }
            UTF8Sequence.append(scalar: escape.scalar, to: &output)
            offset += escape.byteCount
        }
    }

    /// The text of a string that a cursor has passed.
    public static func text(_ value: JSONValue, in bytes: Span<UInt8>) -> String {
        var output = Buffer()
        decode(value, in: bytes, to: &output)
        return output.readable.text
    }

    /// Whether a string that a cursor has passed says `text`, however it is escaped.
    public static func matches(
        _ value: JSONValue, _ text: StaticString, in bytes: Span<UInt8>
    ) -> Bool {
        let inside = bytes.extracting(value.inside)
        // An escape is longer than what it stands for.
        guard inside.count > text.utf8CodeUnitCount else { return inside.equals(text) }
        guard inside.firstIndex(of: .backslash) != nil else { return false }
        var output = Buffer()
        decode(value, in: bytes, to: &output)
        return output.readable.equals(text)
    }

    /// Whether two strings that cursors have passed say the same, however they are escaped.
    public static func equal(
        _ left: JSONValue, in leftBytes: Span<UInt8>,
        _ right: JSONValue, in rightBytes: Span<UInt8>
    ) -> Bool {
        let leftInside = leftBytes.extracting(left.inside)
        let rightInside = rightBytes.extracting(right.inside)
        if leftInside.equals(rightInside) { return true }
        guard
            leftInside.firstIndex(of: .backslash) != nil
                || rightInside.firstIndex(of: .backslash) != nil
        else { return false }
        var leftText = Buffer()
        var rightText = Buffer()
        decode(left, in: leftBytes, to: &leftText)
        decode(right, in: rightBytes, to: &rightText)
        return leftText.readable.equals(rightText.readable)
    }

    /// A hash of a text without escapes, seeded afresh in every process.
    public static func hash(_ text: Span<UInt8>) -> Int {
        var hasher = Hasher()
        unsafe text.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return hasher.finalize()
    }

    /// The hash of what a string that a cursor has passed says, however it is escaped.
    public static func hash(_ value: JSONValue, in bytes: Span<UInt8>) -> Int {
        let inside = bytes.extracting(value.inside)
        guard inside.firstIndex(of: .backslash) != nil else { return hash(inside) }
        var text = Buffer()
        decode(value, in: bytes, to: &text)
        return hash(text.readable)
    }

    /// Appends `text` (valid UTF-8) as the inside of a JSON string, without the quotes.
    public static func encode(_ text: Span<UInt8>, to output: inout Buffer) {
        var start = 0
        for index in 0..<text.count {
            let byte = text[index]
            guard byte < 0x20 || byte == .quote || byte == .backslash else { continue }
            output.append(text.extracting(start..<index))
            start = index + 1
            output.append(.backslash)
            switch byte {
            case .quote, .backslash: output.append(byte)
            case .lineFeed: output.append(.ascii("n"))
            case .carriageReturn: output.append(.ascii("r"))
            case .tab: output.append(.ascii("t"))
            default:
                output.append("u00")
                output.append(byte >> 4 + 0x30)
                output.append(byte & 15 < 10 ? byte & 15 + 0x30 : byte & 15 + 0x57)
            }
        }
        output.append(text.extracting(start..<text.count))
    }
}

extension Buffer {
    /// Appends `text` (valid UTF-8) as a JSON string, quotes included.
    public mutating func append(jsonString text: Span<UInt8>) {
        append(.quote)
        JSONString.encode(text, to: &self)
        append(.quote)
    }

    /// The same of a buffer's readable bytes.
    public mutating func append(jsonString text: borrowing Buffer) {
        append(jsonString: text.readable)
    }

    public mutating func append(jsonString text: String) {
        append(jsonString: text.utf8Span.span)
    }
}
