import Bytes

/// The Ethereum address of a public key: the last 20 bytes of Keccak-256 over X | Y.
/// Source: Ethereum Yellow Paper, appendix F.
public struct Address: Equatable, Hashable, Sendable {
    public static let byteCount = 20

    public let bytes: [UInt8]

    init(of key: PublicKey) {
        let point = key.bytes.span
        let digest = Keccak256.digest(point.extracting(1..<point.count))
        bytes = Array(digest.suffix(Self.byteCount))
    }

    /// 40 lower-case digits without a prefix.
    public var hex: String { Hex.string(bytes.span) }
}
