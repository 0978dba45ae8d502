import Bytes

/// The part of a pattern that matches one scalar: a character, an escape, `.` or a class. It is
/// read where it stands, once to see where it ends and again for every scalar it is asked about.
enum PatternScalar {
    private enum Item {
        case range(ClosedRange<UInt32>)
        /// The letter of `\d`, `\w`, `\s` or of one that means the opposite.
        case set(UInt8)

        func contains(_ scalar: UInt32) -> Bool {
            switch self {
            case .range(let range): range.contains(scalar)
            case .set(let letter): PatternScalar.set(letter, contains: scalar)
            }
        }
    }

    /// Where what begins at `start` ends; nil where nothing begins that is matched.
    static func end(at start: Int, in pattern: Span<UInt8>) -> Int? {
        var offset = start
        guard pattern[start] == .ascii("[") else {
            if pattern[start] == .ascii(".") { return start + 1 }
            return item(at: &offset, in: pattern) == nil ? nil : offset
        }
        skipOpening(&offset, in: pattern)
        while offset < pattern.count {
            if pattern[offset] == .ascii("]") { return offset + 1 }
            guard classItem(at: &offset, in: pattern) != nil else { return nil }
        }
        return nil
    }

    /// Whether what begins at `start`, and has an end, matches `scalar`.
    static func matches(_ scalar: UInt32, at start: Int, in pattern: Span<UInt8>) -> Bool {
        var offset = start
        switch pattern[start] {
        case .ascii("."):
            return !isLineTerminator(scalar)
        case .ascii("["):
            let isNegated = skipOpening(&offset, in: pattern)
            while offset < pattern.count, pattern[offset] != .ascii("]") {
                guard let item = classItem(at: &offset, in: pattern) else { return false }
                if item.contains(scalar) { return !isNegated }
            }
            return isNegated
        default:
            return item(at: &offset, in: pattern)?.contains(scalar) ?? false
        }
    }

    /// Passes `[` or `[^`; true for the latter.
    @discardableResult
    private static func skipOpening(_ offset: inout Int, in pattern: Span<UInt8>) -> Bool {
        offset += 1
        let isNegated = offset < pattern.count && pattern[offset] == .ascii("^")
        if isNegated { offset += 1 }
        return isNegated
    }

    /// Passes an item of a class: a scalar, a range or a set.
    private static func classItem(at offset: inout Int, in pattern: Span<UInt8>) -> Item? {
        guard let first = item(at: &offset, in: pattern, isInClass: true) else { return nil }
        guard case .range(let lower) = first, offset + 1 < pattern.count,
            pattern[offset] == .ascii("-"), pattern[offset + 1] != .ascii("]")
        else { return first }
        offset += 1
        guard case .range(let upper) = item(at: &offset, in: pattern, isInClass: true),
            lower.lowerBound <= upper.lowerBound
        else { return nil }
        return .range(lower.lowerBound...upper.lowerBound)
    }

    /// Passes a character or an escape.
    private static func item(
        at offset: inout Int, in pattern: Span<UInt8>, isInClass: Bool = false
    ) -> Item? {
        guard pattern[offset] == .backslash else {
            let scalar = Scalars.next(in: pattern, at: &offset)
            return .range(scalar...scalar)
        }
        guard offset + 1 < pattern.count else { return nil }
        let letter = pattern[offset + 1]
        offset += 2
        let scalar: UInt32
        switch letter {
        case .ascii("d"), .ascii("D"), .ascii("w"), .ascii("W"), .ascii("s"), .ascii("S"):
            return .set(letter)
        case .ascii("t"): scalar = 0x09
        case .ascii("n"): scalar = 0x0A
        case .ascii("v"): scalar = 0x0B
        case .ascii("f"): scalar = 0x0C
        case .ascii("r"): scalar = 0x0D
        case .ascii("b") where isInClass: scalar = 0x08
        case .ascii("x"):
            guard let value = hexadecimal(2, at: &offset, in: pattern) else { return nil }
            scalar = value
        case .ascii("u"):
            guard let value = hexadecimal(4, at: &offset, in: pattern),
                !(0xD800..<0xE000).contains(value)
            else { return nil }
            scalar = value
        case 0x21...0x7E where !letter.isLetter && !letter.isDigit: scalar = UInt32(letter)
        default: return nil
        }
        return .range(scalar...scalar)
    }

    private static func hexadecimal(
        _ digitCount: Int, at offset: inout Int, in pattern: Span<UInt8>
    ) -> UInt32? {
        guard offset + digitCount <= pattern.count else { return nil }
        var value: UInt32 = 0
        for index in offset..<(offset + digitCount) {
            guard let digit = pattern[index].hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
        }
        offset += digitCount
        return value
    }

    private static func isLineTerminator(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x0A, 0x0D, 0x2028, 0x2029: true
        default: false
        }
    }

    private static func set(_ letter: UInt8, contains scalar: UInt32) -> Bool {
        let isASCII = scalar < 0x80
        let byte = UInt8(truncatingIfNeeded: scalar)
        let contains =
            switch letter.lowercased {
            case .ascii("d"): isASCII && byte.isDigit
            case .ascii("w"): isASCII && (byte.isLetter || byte.isDigit || byte == .ascii("_"))
            default: isSpace(scalar)
            }
        return contains == (letter == letter.lowercased)
    }

    /// White space and line terminators. Source: ECMA-262, sections 12.2 and 12.3.
    private static func isSpace(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x09...0x0D, 0x20, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F,
            0x3000, 0xFEFF:
            true
        default: false
        }
    }
}
