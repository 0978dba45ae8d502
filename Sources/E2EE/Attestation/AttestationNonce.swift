import Bytes

/// The 32 random bytes that a quote must repeat, which proves it was made for this question.
public struct AttestationNonce: Equatable, Sendable {
    public static let byteCount = 32

    public let bytes: [UInt8]

    /// - Throws: `.noEntropy`.
    public init<E: Entropy>(from entropy: inout E) throws(E2EEError) {
        var bytes = [UInt8](repeating: 0, count: Self.byteCount)
        var span = bytes.mutableSpan
        try entropy.fill(&span)
        self.bytes = bytes
    }

    /// The nonce that 64 digits of either case spell; nil of anything else.
    public init?(hex: Span<UInt8>) {
        guard hex.count == 2 * Self.byteCount, let bytes = Hex.bytes(hex) else { return nil }
        self.bytes = bytes
    }

    public init?(hex: String) {
        self.init(hex: hex.utf8Span.span)
    }

    /// 64 lower-case digits, as the question carries them.
    public var hex: String { Hex.string(bytes.span) }
}
