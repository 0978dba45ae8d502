import Bytes
import COpenSSL

/// A public key that signs with ECDSA over P-384 and SHA-384. Source: FIPS 186-5.
@safe struct P384PublicKey: ~Copyable {
    static let signatureByteCount = 96
    static let coordinateByteCount = 48

    private let handle: OpaquePointer

    /// What stands before a point of P-384 in a SubjectPublicKeyInfo. Source: RFC 5480, section 2.
    private static let prefix: [UInt8] = [
        0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06,
        0x05, 0x2B, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04,
    ]

    /// - `point`: X (48) | Y (48). nil where it is not on the curve.
    init?(point: Span<UInt8>) {
        guard point.count == 2 * Self.coordinateByteCount else { return nil }
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
        guard isNamed, curve.span.equals("secp384r1") else {
            unsafe EVP_PKEY_free(key)
            return nil
        }
        unsafe handle = key
    }

    deinit { unsafe EVP_PKEY_free(handle) }

    /// Whether `signature`, r (48) | s (48), is this key's over `message`.
    /// - Cost: about 1 ms.
    func verifies(_ signature: Span<UInt8>, over message: Span<UInt8>) -> Bool {
        guard signature.count == Self.signatureByteCount, let context = unsafe EVP_MD_CTX_new()
        else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestVerifyInit(context, nil, EVP_sha384(), nil, handle) == 1 else {
            return false
        }
        let encoded = ECDSASignature.encoded(signature)
        return unsafe message.withUnsafeBufferPointer {
            let message = $0.baseAddress
            return unsafe EVP_DigestVerify(context, encoded, encoded.count, message, $0.count) == 1
        }
    }
}
