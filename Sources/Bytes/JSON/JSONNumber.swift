/// A JSON number as the decimal it spells, exactly: 0.d₁d₂d₃… × 10^`order`, without zeros at either
/// end of the digits. It keeps where the digits stand; the text is lent at every call.
///
/// Two spellings of one number are one number (`1`, `1.0`, `10e-1`), and two numbers that a double
/// would take for the same are two. Exponents beyond `exponentMax` count as `exponentMax`.
public struct JSONNumber: Sendable {
    static let exponentMax = 1_000_000_000_000_000

    /// From the first digit that is not zero to the last; a point may stand among them.
    private let digits: Range<Int>
    private let digitCount: Int
    private let order: Int
    private let isNegative: Bool

    public var isZero: Bool { digitCount == 0 }
    public var isPositive: Bool { !isZero && !isNegative }
    /// Whether there is nothing behind the point, however it is spelled.
    public var isWhole: Bool { order >= digitCount }

    /// - `value`: a number that a cursor has passed.
    public init(_ value: JSONValue, in bytes: Span<UInt8>) {
        var first: (offset: Int, position: Int)?
        var last = (offset: value.range.lowerBound, position: 0)
        var position = 0
        var wholeDigitCount: Int?
        var exponent = 0
        for offset in value.range {
            let byte = bytes[offset]
            if byte | 0x20 == .ascii("e") {
                exponent = Self.exponent(
                    in: bytes.extracting((offset + 1)..<value.range.upperBound))
                break
            }
            if byte == .ascii(".") { wholeDigitCount = position }
            guard byte.isDigit else { continue }
            if byte != 0x30 {
                last = (offset, position)
                first = first ?? last
            }
            position += 1
        }
        guard let first else {
            (digits, digitCount, order, isNegative) = (0..<0, 0, 0, false)
            return
        }
        digits = first.offset..<(last.offset + 1)
        digitCount = last.position - first.position + 1
        order = (wholeDigitCount ?? position) - first.position + exponent
        isNegative = bytes[value.range.lowerBound] == .ascii("-")
    }

    private static func exponent(in text: Span<UInt8>) -> Int {
        var exponent = 0
        for index in 0..<text.count where text[index].isDigit {
            exponent = min(exponent * 10 + Int(text[index] - 0x30), exponentMax)
        }
        return text.first == .ascii("-") ? -exponent : exponent
    }

    /// Below zero, zero or above zero: as the first number is less than the second, equal to it or
    /// greater.
    public static func compare(
        _ left: JSONNumber, in leftBytes: Span<UInt8>,
        _ right: JSONNumber, in rightBytes: Span<UInt8>
    ) -> Int {
        guard left.sign == right.sign, !left.isZero else { return left.sign - right.sign }
        guard left.order == right.order else {
            return left.order < right.order ? -left.sign : left.sign
        }
        var (leftOffset, rightOffset) = (left.digits.lowerBound, right.digits.lowerBound)
        for _ in 0..<max(left.digitCount, right.digitCount) {
            let one = left.nextDigit(&leftOffset, in: leftBytes)
            let other = right.nextDigit(&rightOffset, in: rightBytes)
            if one != other { return one < other ? -left.sign : left.sign }
        }
        return 0
    }

    private var sign: Int { isZero ? 0 : isNegative ? -1 : 1 }

    /// The next digit, and zero behind the last.
    private func nextDigit(_ offset: inout Int, in bytes: Span<UInt8>) -> UInt8 {
        if offset < digits.upperBound, bytes[offset] == .ascii(".") { offset += 1 }
        guard offset < digits.upperBound else { return 0 }
        offset += 1
        return bytes[offset - 1] - 0x30
    }

    /// The digits as a number; nil for more than 18 of them.
    private func significand(in bytes: Span<UInt8>) -> UInt64? {
        guard digitCount <= 18 else { return nil }
        var offset = digits.lowerBound
        var value: UInt64 = 0
        for _ in 0..<digitCount { value = value * 10 + UInt64(nextDigit(&offset, in: bytes)) }
        return value
    }

    /// Whether this is a whole multiple of `step`; nil where that cannot be told, because `step` is
    /// zero or has more than 18 digits.
    public func isMultiple(
        in bytes: Span<UInt8>, of step: JSONNumber, in stepBytes: Span<UInt8>
    ) -> Bool? {
        guard !step.isZero, let divisor = step.significand(in: stepBytes) else { return nil }
        guard !isZero else { return true }
        // Both are a whole number, not divisible by ten, times a power of ten.
        let shift = (order - digitCount) - (step.order - step.digitCount)
        guard shift >= 0 else { return false }
        var offset = digits.lowerBound
        var remainder: UInt64 = 0
        for _ in 0..<digitCount {
            remainder = (remainder * 10 + UInt64(nextDigit(&offset, in: bytes))) % divisor
        }
        // A divisor below 2^60 has no more than 60 factors of two or of five.
        for _ in 0..<min(shift, 60) { remainder = remainder * 10 % divisor }
        return remainder == 0
    }

    /// A whole number that is not negative; the largest `Int` for larger ones, nil for others.
    public func count(in bytes: Span<UInt8>) -> Int? {
        guard isWhole, !isNegative else { return nil }
        guard !isZero else { return 0 }
        guard order <= 18, let significand = significand(in: bytes) else { return .max }
        var count = Int(significand)
        for _ in digitCount..<order { count *= 10 }
        return count
    }

    /// The same for equal numbers.
    public func hash(in bytes: Span<UInt8>, into hasher: inout Hasher) {
        hasher.combine(sign)
        hasher.combine(order)
        var offset = digits.lowerBound
        for _ in 0..<digitCount { hasher.combine(nextDigit(&offset, in: bytes)) }
    }
}
