/// Takes one field behind the other out of a range of bytes and never leaves it. Numbers are
/// little-endian, as everywhere in a quote.
struct FieldCursor {
    private var rest: Range<Int>

    init(_ range: Range<Int>) {
        rest = range
    }

    /// What no field has taken yet.
    var byteCount: Int { rest.count }

    /// The next `byteCount` bytes; nil where fewer are left.
    mutating func field(_ byteCount: Int) -> Range<Int>? {
        guard byteCount >= 0, byteCount <= rest.count else { return nil }
        let end = rest.lowerBound + byteCount
        defer { rest = end..<rest.upperBound }
        return rest.lowerBound..<end
    }

    /// The next two bytes as a number.
    mutating func integer16(in bytes: Span<UInt8>) -> Int? { integer(2, in: bytes) }

    /// The next four bytes as a number.
    mutating func integer32(in bytes: Span<UInt8>) -> Int? { integer(4, in: bytes) }

    private mutating func integer(_ byteCount: Int, in bytes: Span<UInt8>) -> Int? {
        guard let field = field(byteCount), field.upperBound <= bytes.count else { return nil }
        var value = 0
        for index in field.reversed() { value = value << 8 | Int(bytes[index]) }
        return value
    }
}
