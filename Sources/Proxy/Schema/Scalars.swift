/// The scalars of a text in UTF-8.
enum Scalars {
    /// The scalar at `offset`, which moves behind it; what is not well-formed counts as U+FFFD,
    /// byte by byte.
    static func next(in text: Span<UInt8>, at offset: inout Int) -> UInt32 {
        let first = text[offset]
        offset += 1
        guard first >= 0x80 else { return UInt32(first) }
        let (count, mask): (Int, UInt8) =
            switch first {
            case 0xC2...0xDF: (1, 0x1F)
            case 0xE0...0xEF: (2, 0x0F)
            case 0xF0...0xF4: (3, 0x07)
            default: (0, 0)
            }
        guard count > 0, offset + count <= text.count else { return 0xFFFD }
        var scalar = UInt32(first & mask)
        for index in offset..<(offset + count) {
            guard text[index] & 0xC0 == 0x80 else { return 0xFFFD }
            scalar = scalar << 6 | UInt32(text[index] & 0x3F)
        }
        offset += count
        return scalar
    }

    /// How many there are, where `text` is well-formed.
    static func count(of text: Span<UInt8>) -> Int {
        var count = 0
        for index in 0..<text.count where text[index] & 0xC0 != 0x80 { count += 1 }
        return count
    }
}
