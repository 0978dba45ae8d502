import Bytes

/// From a private key and the other side's point to a keyed cipher.
///
/// shared = X of the common point, 32 bytes; key = HKDF-SHA256(shared, no salt, info, 32 bytes).
struct KeyAgreement: ~Copyable {
    private var shared = Secret(count: Secp256k1.coordinateByteCount)
    private var key = Secret(count: AESGCM.keyByteCount)
    private var derivation = HKDF()
    private let info: [UInt8]

    init(_ profile: EnvelopeProfile) {
        var info = Buffer()
        info.append(profile.derivationInfo)
        self.info = info.readable.array
    }

    /// Gives `cipher` the key that `own` and `point` (04 | X | Y) agree on; nothing of it stays
    /// here.
    /// - Throws: `.badPoint`.
    /// - Cost: one scalar multiplication, about 46 µs.
    mutating func key(
        _ cipher: inout AESGCM, with own: borrowing PrivateKey, and point: Span<UInt8>
    ) throws(E2EEError) {
        defer {
            shared.wipe()
            key.wipe()
        }
        let info = info
        try Secp256k1.agree(own.bytes, with: point, into: &shared)
        try derivation.derive(from: shared, salt: Span(), info: info.span, into: &key)
        try cipher.setKey(key)
    }
}
