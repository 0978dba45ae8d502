import Bytes
import COpenSSL

/// Verifies that a quote comes from genuine Intel TDX hardware of a known state. A function of its
/// arguments: no clock, no network, nothing kept.
public struct DCAPVerifier: Sendable {
    private let root: [UInt8]
    private let policy: QuotePolicy

    /// - `root`: the only certificate that is trusted, in DER.
    public init(root: [UInt8] = IntelRoot.der, policy: QuotePolicy = QuotePolicy()) {
        self.root = root
        self.policy = policy
    }

    /// Checks everything from the quote's form to the policy and stops at the first failure. The
    /// TCB status is judged last: a caller who tolerates one overlooks nothing else by it.
    /// - `now`: Unix seconds. Documents and lists are good from their issue until the second before
    ///   their next update, certificates through their last second.
    /// - `minimumEvaluation`: the highest numbers seen before for this family of processors.
    /// - Cost: a few milliseconds, ten signatures. It may run on any thread.
    public func verdict(
        quote: Span<UInt8>, collateral: Collateral, at now: Int,
        minimumEvaluation: EvaluationNumbers = EvaluationNumbers()
    ) -> QuoteVerdict {
        var verdict = QuoteVerdict()
        do throws(AttestationError) {
            let check = QuoteCheck(
                quote: try ParsedQuote(quote), collateral: collateral, policy: policy, now: now,
                minimumEvaluation: minimumEvaluation)
            verdict.completed.append(.quoteFormat)
            try check.run(on: quote, root: root, &verdict)
        } catch {
            verdict.failure = error
        }
        // Others on this thread read the library's queue of errors.
        ERR_clear_error()
        return verdict
    }

    /// The processor that a quote says it comes from, its certificates verified: which collateral
    /// to fetch for it.
    /// - Throws: the first check that failed, of those that need no collateral.
    public func platform(
        of quote: Span<UInt8>, at now: Int
    ) throws(AttestationError) -> QuotedPlatform {
        defer { ERR_clear_error() }
        let parsed = try ParsedQuote(quote)
        guard let root = X509Certificate(der: root) else { throw .untrustedRoot }
        let chain = try PCKChain(quote.extracting(parsed.signature.chain), root: root, at: now)
        let isProcessor = chain.authority.isNamed("SGX PCK Processor CA")
        return QuotedPlatform(
            fmspc: chain.platform.fmspc, authority: isProcessor ? .processor : .platform)
    }
}
