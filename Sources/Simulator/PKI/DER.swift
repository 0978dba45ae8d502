import Bytes
import Reactor

/// Writes ASN.1 values by the Distinguished Encoding Rules, the innermost first. Source: X.690.
enum DER {
    static func value(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        [tag] + length(content.count) + content
    }

    private static func length(_ byteCount: Int) -> [UInt8] {
        guard byteCount >= 0x80 else { return [UInt8(byteCount)] }
        var digits: [UInt8] = []
        var rest = byteCount
        while rest > 0 {
            digits.insert(UInt8(truncatingIfNeeded: rest), at: 0)
            rest >>= 8
        }
        return [0x80 | UInt8(digits.count)] + digits
    }

    static func sequence(_ parts: [UInt8]...) -> [UInt8] { value(0x30, parts.flatMap { $0 }) }
    static func sequence(of parts: [[UInt8]]) -> [UInt8] { value(0x30, parts.flatMap { $0 }) }
    static func set(_ part: [UInt8]) -> [UInt8] { value(0x31, part) }
    static func boolean(_ isTrue: Bool) -> [UInt8] { value(0x01, [isTrue ? 0xFF : 0]) }
    static func octetString(_ bytes: [UInt8]) -> [UInt8] { value(0x04, bytes) }
    static func utf8String(_ text: String) -> [UInt8] { value(0x0C, Array(text.utf8)) }
    static func enumerated(_ number: UInt8) -> [UInt8] { value(0x0A, [number]) }

    /// - `unusedBitCount`: how many of the last byte's low bits do not count.
    static func bitString(_ bytes: [UInt8], unusedBitCount: UInt8 = 0) -> [UInt8] {
        value(0x03, [unusedBitCount] + bytes)
    }

    /// A constructed value with a tag of its context around it.
    static func tagged(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
        value(0xA0 | number, content)
    }

    /// A primitive value whose own tag is replaced by one of its context.
    static func implicit(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
        value(0x80 | number, content)
    }

    static func integer(_ number: Int) -> [UInt8] {
        precondition(number >= 0, "no negative numbers are written")
        let shifts = stride(from: 56, through: 0, by: -8)
        return integer(bigEndian: shifts.map { UInt8(truncatingIfNeeded: number >> $0) })
    }

    /// The unsigned number that `bytes` spell.
    static func integer(bigEndian bytes: [UInt8]) -> [UInt8] {
        var digits = Array(bytes.drop { $0 == 0 })
        if digits.first.map({ $0 >= 0x80 }) ?? true { digits.insert(0, at: 0) }
        return value(0x02, digits)
    }

    /// - `dotted`: the numbers with points between them.
    static func objectIdentifier(_ dotted: String) -> [UInt8] {
        let numbers = dotted.split(separator: ".").compactMap { Int($0) }
        precondition(numbers.count >= 2, "an object identifier has two numbers at least")
        let content = base128(numbers[0] * 40 + numbers[1]) + numbers.dropFirst(2).flatMap(base128)
        return value(0x06, content)
    }

    private static func base128(_ number: Int) -> [UInt8] {
        var digits = [UInt8(number & 0x7F)]
        var rest = number >> 7
        while rest > 0 {
            digits.insert(UInt8(rest & 0x7F) | 0x80, at: 0)
            rest >>= 7
        }
        return digits
    }

    /// A time in the form that certificates demand: two digits for the year until 2049. Source:
    /// RFC 5280, section 4.1.2.5.
    /// - `seconds`: since 1970.
    static func time(_ seconds: Int) -> [UInt8] {
        let digits = WallClock(seconds: seconds).description.utf8.filter { $0.isDigit }
        let firstYearOfFourDigits = 2_524_608_000
        guard seconds < firstYearOfFourDigits else { return value(0x18, digits + [0x5A]) }
        return value(0x17, digits.dropFirst(2) + [0x5A])
    }
}
