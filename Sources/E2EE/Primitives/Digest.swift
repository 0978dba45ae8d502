import COpenSSL

/// SHA-2 in one shot, for public data. Source: FIPS 180-4.
enum Digest {
    static func sha256(_ bytes: Span<UInt8>) throws(E2EEError) -> [UInt8] {
        try digest(bytes, named: "SHA256", byteCount: 32)
    }

    static func sha384(_ bytes: Span<UInt8>) throws(E2EEError) -> [UInt8] {
        try digest(bytes, named: "SHA384", byteCount: 48)
    }

    private static func digest(
        _ bytes: Span<UInt8>, named name: String, byteCount: Int
    ) throws(E2EEError) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: byteCount)
        var written = 0
        let isMade = unsafe bytes.withUnsafeBytes {
            unsafe EVP_Q_digest(
                nil, name, nil, $0.baseAddress, $0.count, &output, &written) == 1
        }
        guard isMade, written == byteCount else { throw .engineFailed }
        return output
    }
}
