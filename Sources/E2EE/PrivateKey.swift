/// A private key of secp256k1 with its public key, wiped when its owner drops it.
public struct PrivateKey: ~Copyable {
    public static let byteCount = 32

    private let scalar: Secret
    public let publicKey: PublicKey

    /// A fresh key. A draw that is no valid scalar (chance 2⁻¹²⁸) is drawn again.
    /// - Throws: `.noEntropy`, also of a source that draws invalid scalars only.
    /// - Cost: one multiplication of the base point, about 25 µs.
    public init<E: Entropy>(from entropy: inout E) throws(E2EEError) {
        var scalar = Secret(count: Self.byteCount)
        for _ in 0..<Self.drawCountMax {
            var bytes = scalar.mutableBytes
            try entropy.fill(&bytes)
            guard Secp256k1.isScalar(scalar.bytes) else { continue }
            publicKey = try Secp256k1.publicKey(of: scalar.bytes)
            self.scalar = scalar
            return
        }
        throw .noEntropy
    }

    /// The key with the given 32 big-endian bytes.
    /// - Throws: `.badPrivateKey` for another count, zero, or a number not below the curve's order.
    public init(_ bytes: Span<UInt8>) throws(E2EEError) {
        guard bytes.count == Self.byteCount, Secp256k1.isScalar(bytes) else {
            throw .badPrivateKey
        }
        publicKey = try Secp256k1.publicKey(of: bytes)
        scalar = Secret(bytes)
    }

    /// The 32 bytes, lent to the key agreement.
    var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get { scalar.bytes }
    }

    private static let drawCountMax = 8
}
