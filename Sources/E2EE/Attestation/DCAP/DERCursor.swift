import Bytes

/// Walks over ASN.1 values in their distinguished encoding: definite lengths, as short as they can
/// be, one byte a tag. Source: X.690.
struct DERCursor {
    static let integer: UInt8 = 0x02
    static let octetString: UInt8 = 0x04
    static let objectIdentifier: UInt8 = 0x06
    static let sequence: UInt8 = 0x30

    private var rest: Range<Int>

    init(_ range: Range<Int>) {
        rest = range
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// The next value, whatever it is; nil where no whole value stands.
    mutating func next(in bytes: Span<UInt8>) -> (tag: UInt8, content: Range<Int>)? {
        guard rest.count >= 2, rest.upperBound <= bytes.count else { return nil }
        let tag = bytes[rest.lowerBound]
        guard tag & 0x1F != 0x1F,
            let content = content(startingWith: bytes[rest.lowerBound + 1], in: bytes)
        else { return nil }
        rest = content.upperBound..<rest.upperBound
        return (tag, content)
    }

    /// The content of the next value, which must have this tag.
    mutating func next(_ tag: UInt8, in bytes: Span<UInt8>) -> Range<Int>? {
        guard let value = next(in: bytes), value.tag == tag else { return nil }
        return value.content
    }

    private func content(startingWith length: UInt8, in bytes: Span<UInt8>) -> Range<Int>? {
        var start = rest.lowerBound + 2
        var byteCount = Int(length)
        if length >= 0x80 {
            let digitCount = Int(length & 0x7F)
            guard 1...3 ~= digitCount, digitCount <= rest.upperBound - start else { return nil }
            byteCount = 0
            for index in start..<(start + digitCount) {
                byteCount = byteCount << 8 | Int(bytes[index])
            }
            guard bytes[start] != 0, byteCount >= 0x80 else { return nil }
            start += digitCount
        }
        guard byteCount <= rest.upperBound - start else { return nil }
        return start..<(start + byteCount)
    }
}
