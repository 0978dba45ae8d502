/// An enclave's key that passed a verification. Only `Verifier` makes one, and a `Sealer` takes
/// nothing else, so no prompt is sealed to a key that nobody looked at.
public struct VerifiedKey: Sendable {
    /// What the quote vouches for.
    public enum Scope: Equatable, Sendable {
        /// The machine that runs the model.
        case modelHost
        /// A machine before it. Measurements that are pinned can show more; a reply's shape cannot.
        case gateway
    }

    public let model: String
    public let key: PublicKey
    /// Unix seconds: from then on the key must not be sealed to.
    public let expiresAt: Int
    public let scope: Scope
    public let level: VerificationLevel
    /// nil at level `binding`.
    public let tcbStatus: TCBStatus?

    init(
        model: String, key: PublicKey, expiresAt: Int, scope: Scope,
        level: VerificationLevel = .binding, tcbStatus: TCBStatus? = nil
    ) {
        self.level = level
        self.tcbStatus = tcbStatus
        self.model = model
        self.key = key
        self.expiresAt = expiresAt
        self.scope = scope
    }
}
