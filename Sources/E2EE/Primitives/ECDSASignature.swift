import Bytes

/// Signatures of ECDSA as OpenSSL reads them.
enum ECDSASignature {
    /// - `signature`: r | s, equally long and together at most 96 bytes.
    /// - Returns: a sequence of two integers. Source: RFC 3279, section 2.2.3.
    static func encoded(_ signature: Span<UInt8>) -> [UInt8] {
        precondition(2...96 ~= signature.count, "a signature of another curve")
        let middle = signature.count / 2
        let parts =
            integer(signature.extracting(0..<middle))
            + integer(signature.extracting(middle..<signature.count))
        return [0x30, UInt8(parts.count)] + parts
    }

    private static func integer(_ bytes: Span<UInt8>) -> [UInt8] {
        var start = 0
        while start < bytes.count - 1, bytes[start] == 0 { start += 1 }
        let digits = bytes.extracting(start..<bytes.count)
        let sign: [UInt8] = digits[0] >= 0x80 ? [0] : []
        return [0x02, UInt8(sign.count + digits.count)] + sign + digits.array
    }
}
