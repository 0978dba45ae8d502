import Bytes

/// A point of secp256k1 that is neither off the curve nor at infinity. Source: SEC 1, section
/// 2.3.3.
public struct PublicKey: Equatable, Hashable, Sendable {
    /// 0x04 | X (32) | Y (32).
    public static let byteCount = 65

    /// The uncompressed form, 65 bytes.
    public let bytes: [UInt8]

    /// - `bytes`: 04 | X | Y, or X | Y alone.
    /// - Throws: `.badPoint` for any other form (compressed and hybrid ones too), for a coordinate
    ///   that is not below the field's prime, and for a point off the curve.
    public init(_ bytes: Span<UInt8>) throws(E2EEError) {
        var uncompressed: [UInt8] = []
        uncompressed.reserveCapacity(Self.byteCount)
        if bytes.count == Self.byteCount - 1 { uncompressed.append(0x04) }
        uncompressed.append(contentsOf: bytes.array)
        guard Secp256k1.isPoint(uncompressed.span) else { throw .badPoint }
        self.bytes = uncompressed
    }

    /// - `hex`: 130 or 128 digits of either case, with or without `0x`.
    /// - Throws: `.notHex`; `.badPoint` as above.
    public init(hex: Span<UInt8>) throws(E2EEError) {
        guard let bytes = Hex.bytes(Hex.withoutPrefix(hex)) else { throw .notHex }
        try self.init(bytes.span)
    }

    /// The 130 lower-case digits that the headers and envelopes carry.
    public var hex: String { Hex.string(bytes.span) }

    /// The address that a quote binds in this key's place.
    public var address: Address { Address(of: self) }
}
