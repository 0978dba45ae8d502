/// The generations of attestation replies that the provider's models give.
public enum AttestationShape: Sendable {
    /// A dstack host's flat members.
    case flat
    /// The same with the quote in base64.
    case flatBase64
    /// An ACI report with flat members beside it.
    case aci
    /// The newer gateway's report: a keyset without an epoch, and no freshness.
    case newer
}
