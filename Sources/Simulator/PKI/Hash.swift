import COpenSSL

/// SHA-2 of public data. Source: FIPS 180-4.
enum Hash {
    static func sha256(_ bytes: [UInt8]) -> [UInt8] { digest(bytes, "SHA256", byteCount: 32) }
    static func sha384(_ bytes: [UInt8]) -> [UInt8] { digest(bytes, "SHA384", byteCount: 48) }

    private static func digest(_ bytes: [UInt8], _ name: String, byteCount: Int) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: byteCount)
        var written = 0
        let isMade = unsafe EVP_Q_digest(
            nil, name, nil, bytes, bytes.count, &output, &written)
        precondition(isMade == 1 && written == byteCount, "OpenSSL is out of memory")
        return output
    }
}
