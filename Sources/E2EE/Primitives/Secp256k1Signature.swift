import Bytes
import CSecp256k1

/// ECDSA over the curve: signatures checked, and the signer's key found from one.
/// Source: SEC 1, sections 4.1.4 and 4.1.6.
extension Secp256k1 {
    static let signatureByteCount = 64
    static let recoverableByteCount = 65
    static let digestByteCount = 32

    /// The key whose signature this is; nil where there is none.
    /// - `signature`: r | s | v, v being 0 to 3 or, as Ethereum has it, 27 to 30.
    /// - `digest`: 32 bytes.
    /// - Cost: one recovery, a little more than a verification.
    static func signer(_ signature: Span<UInt8>, of digest: Span<UInt8>) -> PublicKey? {
        guard signature.count == recoverableByteCount, digest.count == digestByteCount else {
            return nil
        }
        let last = signature[signatureByteCount]
        let parity = last >= 27 ? last - 27 : last
        guard parity < 4 else { return nil }
        var parsed = secp256k1_ecdsa_recoverable_signature()
        var point = secp256k1_pubkey()
        let isFound = unsafe signature.withUnsafeBufferPointer { signature in
            unsafe digest.withUnsafeBufferPointer { digest -> Bool in
                guard let signature = signature.baseAddress, let digest = digest.baseAddress else {
                    return false
                }
                let isParsed = unsafe secp256k1_ecdsa_recoverable_signature_parse_compact(
                    context.pointer, &parsed, signature, CInt(parity))
                guard isParsed == 1 else { return false }
                return unsafe secp256k1_ecdsa_recover(context.pointer, &point, &parsed, digest) == 1
            }
        }
        return isFound ? publicKey(of: point) : nil
    }

    /// Whether `signature` (r | s, s on either side) of `digest` is by `key`.
    /// Cost: one verification.
    static func verifies(
        _ signature: Span<UInt8>, of digest: Span<UInt8>, by key: PublicKey
    ) -> Bool {
        guard signature.count == signatureByteCount, digest.count == digestByteCount,
            var point = parse(key.bytes.span)
        else { return false }
        var parsed = secp256k1_ecdsa_signature()
        return unsafe signature.withUnsafeBufferPointer { signature in
            unsafe digest.withUnsafeBufferPointer { digest -> Bool in
                guard let signature = signature.baseAddress, let digest = digest.baseAddress else {
                    return false
                }
                let isParsed = unsafe secp256k1_ecdsa_signature_parse_compact(
                    context.pointer, &parsed, signature)
                guard isParsed == 1 else { return false }
                // Of the two values that s may have, the library takes the lower one only.
                var lower = secp256k1_ecdsa_signature()
                _ = unsafe secp256k1_ecdsa_signature_normalize(context.pointer, &lower, &parsed)
                return unsafe secp256k1_ecdsa_verify(context.pointer, &lower, digest, &point) == 1
            }
        }
    }

    /// r | s | v over `digest`, for those who play a signer.
    /// - Throws: `.badPrivateKey`.
    static func sign(_ digest: Span<UInt8>, with scalar: Span<UInt8>) throws(E2EEError) -> [UInt8] {
        precondition(digest.count == digestByteCount, "a digest has 32 bytes")
        guard isScalar(scalar) else { throw .badPrivateKey }
        var signature = secp256k1_ecdsa_recoverable_signature()
        let isMade = unsafe digest.withUnsafeBufferPointer { digest in
            unsafe scalar.withUnsafeBufferPointer { scalar -> Bool in
                guard let digest = digest.baseAddress, let scalar = scalar.baseAddress else {
                    return false
                }
                return unsafe secp256k1_ecdsa_sign_recoverable(
                    context.pointer, &signature, digest, scalar, nil, nil) == 1
            }
        }
        guard isMade else { throw .badPrivateKey }
        var bytes = [UInt8](repeating: 0, count: signatureByteCount)
        var parity: CInt = 0
        _ = unsafe secp256k1_ecdsa_recoverable_signature_serialize_compact(
            context.pointer, &bytes, &parity, &signature)
        return bytes + [UInt8(truncatingIfNeeded: parity)]
    }

    private static func publicKey(of point: secp256k1_pubkey) -> PublicKey? {
        var point = point
        var bytes = [UInt8](repeating: 0, count: PublicKey.byteCount)
        var byteCount = bytes.count
        _ = unsafe secp256k1_ec_pubkey_serialize(
            context.pointer, &bytes, &byteCount, &point, UInt32(1 << 1))
        return try? PublicKey(bytes.span)
    }
}

extension PrivateKey {
    /// r | s | v over a digest of 32 bytes, v being 0 to 3.
    package borrowing func signature(of digest: [UInt8]) throws(E2EEError) -> [UInt8] {
        try Secp256k1.sign(digest.span, with: bytes)
    }
}

extension PublicKey {
    /// 02 or 03 | X, 33 bytes. Source: SEC 1, section 2.3.3.
    package var compressed: [UInt8] {
        [bytes[64] & 1 == 0 ? 0x02 : 0x03] + bytes[1..<33]
    }
}
