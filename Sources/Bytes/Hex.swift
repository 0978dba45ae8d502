/// Hexadecimal text. Source: RFC 4648, section 8.
public enum Hex {
    public enum Failure: Error { case notHex }

    /// Appends the lower-case digits of `bytes` to `output`.
    public static func encode(_ bytes: Span<UInt8>, to output: inout Buffer) {
        output.append(atMost: 2 * bytes.count) { digits in
            for index in 0..<bytes.count {
                digits[2 * index] = digit(bytes[index] >> 4)
                digits[2 * index + 1] = digit(bytes[index] & 15)
            }
            return 2 * bytes.count
        }
    }

    /// The lower-case digits of `bytes`, for texts that people read.
    public static func string(_ bytes: Span<UInt8>) -> String {
        var output = Buffer()
        encode(bytes, to: &output)
        return output.readable.text
    }

    /// Appends the bytes that `digits` spell, in either case, without a prefix.
    /// - Throws: `.notHex` for an odd count or any other byte; `output` is then unchanged.
    public static func decode(_ digits: Span<UInt8>, to output: inout Buffer) throws(Failure) {
        guard digits.count.isMultiple(of: 2) else { throw .notHex }
        let count = digits.count / 2
        try output.append(atMost: count) { (bytes) throws(Failure) -> Int in
            for index in 0..<count {
                guard let high = digits[2 * index].hexDigitValue,
                    let low = digits[2 * index + 1].hexDigitValue
                else { throw .notHex }
                bytes[index] = high << 4 | low
            }
            return count
        }
    }

    /// The bytes that `digits` spell; nil where `decode` would throw.
    public static func bytes(_ digits: Span<UInt8>) -> [UInt8]? {
        var output = Buffer(capacity: digits.count / 2)
        guard (try? decode(digits, to: &output)) != nil else { return nil }
        return output.readable.array
    }

    /// `digits` without a leading `0x` or `0X`.
    @_lifetime(copy digits)
    public static func withoutPrefix(_ digits: Span<UInt8>) -> Span<UInt8> {
        guard digits.count >= 2, digits[0] == 0x30, digits[1] | 0x20 == 0x78 else { return digits }
        return digits.extracting(2..<digits.count)
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}
