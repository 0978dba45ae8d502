import Bytes
import COpenSSL

/// A public key that signs with ECDSA over P-256 and SHA-256. Source: FIPS 186-5.
@safe struct P256PublicKey: ~Copyable {
    private let handle: OpaquePointer

    /// What stands before a point of P-256 in a SubjectPublicKeyInfo. Source: RFC 5480, section 2.
    private static let prefix: [UInt8] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06,
        0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ]

    /// - `point`: X (32) | Y (32). nil where it is not on the curve.
    init?(point: Span<UInt8>) {
        guard point.count == 64 else { return nil }
        let encoded = Self.prefix + point.array
        let parsed = unsafe encoded.withUnsafeBufferPointer {
            var next = $0.baseAddress
            return unsafe d2i_PUBKEY(nil, &next, $0.count)
        }
        guard let handle = unsafe parsed else { return nil }
        unsafe self.handle = handle
    }

    /// Takes over a key of the library's; nil, and the key is freed, where it is on another curve.
    init?(adopting key: OpaquePointer) {
        var name = [CChar](repeating: 0, count: 32)
        let isNamed = unsafe EVP_PKEY_get_group_name(key, &name, name.count, nil) == 1
        let curve = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        guard isNamed, curve.span.equals("prime256v1") else {
            unsafe EVP_PKEY_free(key)
            return nil
        }
        unsafe handle = key
    }

    deinit { unsafe EVP_PKEY_free(handle) }

    /// Whether `signature`, r (32) | s (32), is this key's over `message`.
    /// - Cost: about 80 µs.
    func verifies(_ signature: Span<UInt8>, over message: Span<UInt8>) -> Bool {
        guard signature.count == 64, let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, handle) == 1 else {
            return false
        }
        let encoded = ECDSASignature.encoded(signature)
        return unsafe message.withUnsafeBufferPointer {
            let message = $0.baseAddress
            return unsafe EVP_DigestVerify(context, encoded, encoded.count, message, $0.count) == 1
        }
    }

    func withHandle(_ body: (OpaquePointer) -> Bool) -> Bool { unsafe body(handle) }
}
