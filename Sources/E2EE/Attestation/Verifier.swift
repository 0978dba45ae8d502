import Bytes

/// Judges evidence. A claim that a check needs and that is missing fails the check.
public struct Verifier: Sendable {
    /// Seconds after which evidence is asked for anew, whatever limits it names.
    public static let lifetimeSecondsMax = 1800

    private let level: VerificationLevel

    public init(level: VerificationLevel) {
        self.level = level
    }

    /// The key of `evidence`, good for `model` until it expires.
    /// - `nonce`: the one that was sent with the question, used once.
    /// - `now`: Unix seconds.
    /// - Throws: the first check that failed; `.fullVerificationNotBuilt` at level `.full`.
    /// - Cost: about 10 µs.
    public func verify(
        _ evidence: Evidence, model: String, nonce: AttestationNonce, now: Int
    ) throws(AttestationError) -> VerifiedKey {
        guard level == .binding else { throw .fullVerificationNotBuilt }
        guard evidence.isCalledVerified else { throw .notVerified }
        try checkEchoes(of: evidence, model: model, nonce: nonce)
        let expiresAt = try expiry(of: evidence, now: now)
        let key = try evidence.key()
        try checkAddress(evidence.address, of: key)
        let bytes = try evidence.quote()
        let quote = try TDXQuote(bytes.span)
        guard !quote.isUnderDebug else { throw .debugTD }
        try ReportBinding.check(
            bytes.span.extracting(quote.reportData), binds: key.address, and: nonce)
        return VerifiedKey(
            model: model, key: key, expiresAt: expiresAt, scope: .gateway,
            checks: Self.checks(of: evidence))
    }

    private func checkEchoes(
        of evidence: Evidence, model: String, nonce: AttestationNonce
    ) throws(AttestationError) {
        guard !evidence.nonces.isEmpty else { throw .nonceMissing }
        for echo in evidence.nonces {
            guard let digits = echo.text, AttestationNonce(hex: digits.span) == nonce else {
                throw .nonceMismatch
            }
        }
        guard let echo = evidence.model else { throw .modelMissing }
        // Bytes are compared: two strings of different bytes can be equal.
        guard let name = echo.text, name.span.equals(model.utf8Span.span) else {
            throw .modelMismatch
        }
        if let algorithm = evidence.algorithm {
            guard let name = algorithm.text, name.span.equalsIgnoringCase("ecdsa") else {
                throw .algorithmNotSupported
            }
        }
    }

    private func expiry(of evidence: Evidence, now: Int) throws(AttestationError) -> Int {
        let limit = Int(clamping: try evidence.expiryLimit())
        guard limit > now else { throw .expired }
        let (latest, isOver) = now.addingReportingOverflow(Self.lifetimeSecondsMax)
        return isOver ? limit : min(limit, latest)
    }

    private func checkAddress(_ claim: Claim?, of key: PublicKey) throws(AttestationError) {
        guard let claim else { return }
        guard let digits = claim.text,
            let bytes = Hex.bytes(Hex.withoutPrefix(digits.span)), bytes == key.address.bytes
        else { throw .addressMismatch }
    }

    private static func checks(of evidence: Evidence) -> [Check] {
        let freshness: Check.Outcome =
            evidence.expiryLimits.isEmpty ? .notRun(reason: "the reply names no limit") : .passed
        return passed.map { Check($0, .passed) } + [Check("freshness", freshness)]
            + left.map { Check($0, .notRun(reason: "not part of verification at level binding")) }
    }

    private static let passed = [
        "verified flag", "nonce echo", "model echo", "quote parsed", "debug off", "nonce bound",
        "key bound",
    ]

    private static let left = [
        "quote signature", "certificate chain", "collateral", "measurements", "event log",
        "GPU evidence",
    ]
}
