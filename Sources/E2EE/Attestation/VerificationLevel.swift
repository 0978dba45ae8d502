/// How much is demanded of evidence before its key is used.
public enum VerificationLevel: Sendable {
    /// The quote binds key and nonce, and is well formed. Its signature is not checked: who can
    /// write a reply can write such a quote.
    case binding
    /// All of it, and the quote is signed by genuine hardware with a known image.
    case full
}
