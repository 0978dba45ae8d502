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
            let done = decodeWords(digits, to: &bytes)
            for index in done..<count {
                guard let high = digits[2 * index].hexDigitValue,
                    let low = digits[2 * index + 1].hexDigitValue
                else { throw .notHex }
                bytes[index] = high << 4 | low
            }
            return count
        }
    }

    /// Decodes eight digits at a time, up to the first eight that are not all digits.
    /// - Returns: how many bytes were written.
    private static func decodeWords(
        _ digits: Span<UInt8>, to bytes: inout MutableSpan<UInt8>
    ) -> Int {
        precondition(bytes.count >= digits.count / 2, "less room than bytes")
        var done = 0
        unsafe digits.withUnsafeBytes { source in
            unsafe bytes.withUnsafeMutableBytes { target in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                while 2 * done + 8 <= source.count {
                    let word = unsafe from.loadUnaligned(fromByteOffset: 2 * done, as: UInt64.self)
                    guard let value = UInt64(littleEndian: word).hexValue else { return }
                    unsafe to.storeBytes(
                        of: value.littleEndian, toByteOffset: done, as: UInt32.self)
                    done += 4
                }
            }
        }
        return done
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

extension UInt64 {
    /// The four bytes that these eight digits spell, the first digit in the lowest byte; nil where
    /// one of them is no digit. Every byte is compared in its own eight bits.
    fileprivate var hexValue: UInt32? {
        let highs: UInt64 = 0x8080_8080_8080_8080
        guard self & highs == 0 else { return nil }
        let lower = self | 0x2020_2020_2020_2020
        // A high bit for bytes that are at least `0`, more than `9`, at least `a`, more than `f`.
        let digits = (self &+ 0x5050_5050_5050_5050) & ~(self &+ 0x4646_4646_4646_4646)
        let letters =
            (lower &+ 0x1F1F_1F1F_1F1F_1F1F) & ~(lower &+ 0x1919_1919_1919_1919) & highs
        guard (digits | letters) & highs == highs else { return nil }
        let nibbles = (self & 0x0F0F_0F0F_0F0F_0F0F) &+ 9 &* (letters >> 7)
        var pairs = (nibbles << 4 | nibbles >> 8) & 0x00FF_00FF_00FF_00FF
        pairs = (pairs | pairs >> 8) & 0x0000_FFFF_0000_FFFF
        return UInt32(truncatingIfNeeded: pairs | pairs >> 16)
    }
}
