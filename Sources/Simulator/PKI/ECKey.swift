import COpenSSL

/// A key pair that signs with ECDSA. Simulated keys guard nothing, so this one is a plain value: it
/// is kept encoded and read anew for every signature. Source: FIPS 186-5.
public struct ECKey: Sendable {
    public enum Curve: Sendable {
        /// Signs with SHA-256.
        case p256
        /// Signs with SHA-384.
        case p384

        var name: String { self == .p256 ? "P-256" : "P-384" }
        var identifier: String { self == .p256 ? "1.2.840.10045.3.1.7" : "1.3.132.0.34" }
        var signatureIdentifier: String {
            self == .p256 ? "1.2.840.10045.4.3.2" : "1.2.840.10045.4.3.3"
        }
        /// Of a coordinate, of r and of s.
        var byteCount: Int { self == .p256 ? 32 : 48 }
    }

    public let curve: Curve
    /// The private key as SEC 1 encodes it.
    private let encoded: [UInt8]
    /// 04 | X | Y.
    public let point: [UInt8]

    /// A fresh key.
    public init(_ curve: Curve = .p256) throws(SimulatorError) {
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "EC", nil) else {
            throw .engineFailed("EVP_PKEY_CTX_new_from_name")
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var made: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1,
            unsafe EVP_PKEY_CTX_set_group_name(context, curve.name) == 1,
            unsafe EVP_PKEY_generate(context, &made) == 1, let key = unsafe made
        else { throw .engineFailed("EVP_PKEY_generate") }
        defer { unsafe EVP_PKEY_free(key) }
        var point = [UInt8](repeating: 0, count: 1 + 2 * curve.byteCount)
        var written = 0
        guard
            unsafe EVP_PKEY_get_octet_string_param(
                key, OSSL_PKEY_PARAM_PUB_KEY, &point, point.count, &written) == 1,
            written == point.count
        else { throw .engineFailed("EVP_PKEY_get_octet_string_param") }
        let byteCount = unsafe Int(i2d_PrivateKey(key, nil))
        guard byteCount > 0 else { throw .engineFailed("i2d_PrivateKey") }
        var encoded = [UInt8](repeating: 0, count: byteCount)
        unsafe encoded.withUnsafeMutableBufferPointer {
            var end = $0.baseAddress
            unsafe i2d_PrivateKey(key, &end)
        }
        self.curve = curve
        self.encoded = encoded
        self.point = point
    }

    /// The private key, for a server's configuration.
    public var pem: String { PEM.text("EC PRIVATE KEY", encoded) }

    /// Source: RFC 5480, section 2.
    var subjectPublicKeyInfo: [UInt8] {
        DER.sequence(
            DER.sequence(
                DER.objectIdentifier("1.2.840.10045.2.1"),
                DER.objectIdentifier(curve.identifier)),
            DER.bitString(point))
    }

    /// How certificates name this key's signatures. Source: RFC 5758, section 3.2.
    var signatureAlgorithm: [UInt8] {
        DER.sequence(DER.objectIdentifier(curve.signatureIdentifier))
    }

    /// Twenty bytes that name the key in certificates. Source: RFC 7093, method 1, shortened so
    /// that they are a serial number as well.
    var identifier: [UInt8] {
        var identifier = Array(Hash.sha256(point).prefix(20))
        identifier[0] = identifier[0] & 0x7F | 0x40
        return identifier
    }

    /// The signature as certificates carry it: a sequence of two integers.
    public func signature(over message: [UInt8]) throws(SimulatorError) -> [UInt8] {
        let parsed = unsafe encoded.withUnsafeBufferPointer {
            var start = $0.baseAddress
            return unsafe d2i_AutoPrivateKey(nil, &start, $0.count)
        }
        guard let key = unsafe parsed else { throw .engineFailed("d2i_AutoPrivateKey") }
        defer { unsafe EVP_PKEY_free(key) }
        guard let context = unsafe EVP_MD_CTX_new() else { throw .engineFailed("EVP_MD_CTX_new") }
        defer { unsafe EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 120)
        var byteCount = signature.count
        let digest = unsafe curve == .p256 ? EVP_sha256() : EVP_sha384()
        guard unsafe EVP_DigestSignInit(context, nil, digest, nil, key) == 1,
            unsafe EVP_DigestSign(context, &signature, &byteCount, message, message.count) == 1
        else { throw .engineFailed("EVP_DigestSign") }
        return Array(signature.prefix(byteCount))
    }

    /// The signature as quotes, devices and tokens carry it: r | s.
    public func rawSignature(over message: [UInt8]) throws(SimulatorError) -> [UInt8] {
        let encoded = try signature(over: message)
        // 30 length, 02 length r, 02 length s: both integers are shorter than 128 bytes.
        let firstCount = Int(encoded[3])
        let first = encoded[4..<(4 + firstCount)]
        let second = encoded[(6 + firstCount)...]
        return padded(first) + padded(second)
    }

    private func padded(_ integer: ArraySlice<UInt8>) -> [UInt8] {
        let digits = integer.drop { $0 == 0 }
        return [UInt8](repeating: 0, count: curve.byteCount - digits.count) + digits
    }
}
