/// Which collateral belongs to a quote.
public struct QuotedPlatform: Hashable, Sendable {
    /// Who issues certificates for this kind of machine, and so publishes their revocation.
    public enum Authority: String, Sendable { case platform, processor }

    /// Six bytes.
    public let fmspc: [UInt8]
    public let authority: Authority
}
