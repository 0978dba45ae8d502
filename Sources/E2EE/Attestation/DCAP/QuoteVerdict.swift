/// What came of verifying one quote.
public struct QuoteVerdict: Equatable, Sendable {
    /// The checks in their order; each needs all before it.
    public enum Step: String, Sendable, CaseIterable {
        case quoteFormat = "quote format"
        case pckChain = "certificate chain of the platform"
        case signingChains = "certificate chains of the collateral"
        case revocationLists = "revocation lists"
        case revocation = "nothing revoked"
        case tcbInfo = "TCB info"
        case qeIdentity = "quoting enclave's identity"
        case evaluationNumbers = "collateral not rolled back"
        case qeReport = "signature of the quoting enclave's report"
        case attestationKey = "attestation key bound"
        case quotingEnclave = "quoting enclave"
        case quoteSignature = "quote signature"
        case tdxModule = "TDX module"
        case tcbLevel = "TCB level"
        case tdPolicy = "TD attributes"
        case tcbStatus = "TCB status"
    }

    /// The first check that failed; nil of a quote that met them all, the policy's too.
    public internal(set) var failure: AttestationError?
    public internal(set) var completed: [Step] = []
    /// nil unless all signatures, chains and lists held.
    public internal(set) var status: TCBStatus?
    /// Intel's advisories that the level leaves open, in order.
    public internal(set) var advisories: [String] = []
    /// Unix seconds: the platform was current at that time.
    public internal(set) var tcbDate: Int?
    /// Unix seconds: the verdict holds until then, when the first of its certificates and documents
    /// ends.
    public internal(set) var expiresAt: Int?
    /// Six bytes that name the family of the processor.
    public internal(set) var fmspc: [UInt8]?
    /// Which rounds of Intel's judgements the documents belong to.
    public internal(set) var evaluation: EvaluationNumbers?

    init() {}

    /// The verdict where nothing could be looked at.
    public init(failure: AttestationError) {
        self.failure = failure
    }

    public var isAccepted: Bool { failure == nil }

    mutating func limit(to range: Range<Int>) {
        expiresAt = min(expiresAt ?? .max, range.upperBound)
    }
}
