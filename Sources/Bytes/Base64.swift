/// Base64 text, both alphabets. Source: RFC 4648, sections 4 and 5.
public enum Base64 {
    public enum Failure: Error { case notBase64 }

    /// Appends the padded standard encoding of `bytes` to `output`.
    public static func encode(_ bytes: Span<UInt8>, to output: inout Buffer) {
        var index = 0
        while index < bytes.count {
            let left = bytes.count - index
            let first = UInt32(bytes[index]) << 16
            let second = left > 1 ? UInt32(bytes[index + 1]) << 8 : 0
            let group = first | second | (left > 2 ? UInt32(bytes[index + 2]) : 0)
            output.append(character(group >> 18 & 63))
            output.append(character(group >> 12 & 63))
            output.append(left > 1 ? character(group >> 6 & 63) : .ascii("="))
            output.append(left > 2 ? character(group & 63) : .ascii("="))
            index += 3
        }
    }

    /// Appends the bytes that `text` spells. The standard and the URL alphabet are read alike;
    /// padding may be left out, but where it stands it must be complete, and unused bits must be
    /// zero.
    /// - Throws: `.notBase64`; `output` is then unchanged.
    public static func decode(_ text: Span<UInt8>, to output: inout Buffer) throws(Failure) {
        var end = text.count
        while end > 0, text.count - end < 2, text[end - 1] == .ascii("=") { end -= 1 }
        let padding = text.count - end
        guard end % 4 != 1, padding == 0 || text.count % 4 == 0 else { throw .notBase64 }
        try output.append(atMost: end * 3 / 4) { (bytes) throws(Failure) -> Int in
            var group: UInt32 = 0
            var bitCount = 0
            var written = 0
            for index in 0..<end {
                guard let value = value(text[index]) else { throw .notBase64 }
                group = group << 6 | value
                bitCount += 6
                guard bitCount >= 8 else { continue }
                bitCount -= 8
                bytes[written] = UInt8(truncatingIfNeeded: group >> UInt32(bitCount))
                written += 1
            }
            guard group & (1 << UInt32(bitCount) - 1) == 0 else { throw .notBase64 }
            return written
        }
    }

    private static func character(_ value: UInt32) -> UInt8 {
        switch value {
        case 0..<26: 0x41 + UInt8(value)
        case 26..<52: 0x61 + UInt8(value - 26)
        case 52..<62: 0x30 + UInt8(value - 52)
        case 62: .ascii("+")
        default: .ascii("/")
        }
    }

    private static func value(_ character: UInt8) -> UInt32? {
        switch character {
        case 0x41...0x5A: UInt32(character - 0x41)
        case 0x61...0x7A: UInt32(character - 0x61) + 26
        case 0x30...0x39: UInt32(character - 0x30) + 52
        case .ascii("+"), .ascii("-"): 62
        case .ascii("/"), .ascii("_"): 63
        default: nil
        }
    }
}
