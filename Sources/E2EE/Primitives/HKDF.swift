import Bytes

/// Key derivation with HMAC-SHA256. Source: RFC 5869.
struct HKDF: ~Copyable {
    /// Longer outputs are not defined.
    static let outputByteCountMax = 255 * HMACSHA256.tagByteCount

    private var hmac = HMACSHA256()
    private var extracted = Secret(count: HMACSHA256.tagByteCount)
    private var block = Secret(count: HMACSHA256.tagByteCount)

    /// Fills all of `output` from `material`. An empty salt stands for 32 zero bytes.
    /// - Throws: `.engineFailed`, also for an output over `outputByteCountMax`.
    /// - Cost: about 1 µs for one block of 32 bytes.
    mutating func derive(
        from material: borrowing Secret, salt: Span<UInt8>, info: Span<UInt8>,
        into output: inout Secret
    ) throws(E2EEError) {
        guard output.count <= Self.outputByteCountMax else { throw .engineFailed }
        hmac.begin(key: salt)
        hmac.update(material)
        try hmac.end(into: &extracted)
        var written = 0
        var counter: UInt8 = 0
        while written < output.count {
            counter += 1
            try expand(info, counter: counter)
            let count = min(output.count - written, block.count)
            var bytes = output.mutableBytes
            for index in 0..<count { bytes[written + index] = block.bytes[index] }
            written += count
        }
        extracted.wipe()
        block.wipe()
    }

    /// Replaces `block` by the next one.
    private mutating func expand(_ info: Span<UInt8>, counter: UInt8) throws(E2EEError) {
        hmac.begin(key: extracted)
        if counter > 1 { hmac.update(block) }
        hmac.update(info)
        let last: InlineArray<1, UInt8> = [counter]
        hmac.update(last.span)
        try hmac.end(into: &block)
    }
}
