import Bytes

/// Judges evidence. A claim that a check needs and that is missing fails the check.
public struct Verifier: Sendable {
    /// Seconds after which evidence is asked for anew, whatever limits it names.
    public static let lifetimeSecondsMax = 1800

    private let policy: AttestationPolicy

    public init(_ policy: AttestationPolicy) { self.policy = policy }

    /// The processor behind `evidence`, whose collateral `report` will need.
    /// - `now`: Unix seconds.
    /// - Throws: what makes the evidence unusable whatever the collateral says.
    /// - Cost: about 1 ms.
    public func platform(
        of evidence: Evidence, at now: Int
    ) throws(AttestationError) -> QuotedPlatform {
        let quote = try evidence.quote()
        return try DCAPVerifier(root: policy.root).platform(of: quote.span, at: now)
    }

    /// Judges `evidence`; its key is good for `model` until it expires.
    /// - `nonce`: the one that was sent with the question, used once.
    /// - Returns: a report with the key, or with the first failure.
    /// - Cost: about 10 µs at level `binding`; about 2 ms for the quote at level `full`.
    public func report(
        on evidence: Evidence, model: String, nonce: AttestationNonce,
        in circumstances: Circumstances
    ) -> AttestationReport {
        var report = AttestationReport(model: model, level: policy.level)
        do throws(AttestationError) {
            try judge(evidence, nonce, circumstances, &report)
        } catch {
            report.fail(error)
        }
        return report
    }

    private func judge(
        _ evidence: Evidence, _ nonce: AttestationNonce, _ circumstances: Circumstances,
        _ report: inout AttestationReport
    ) throws(AttestationError) {
        let now = circumstances.now
        report.begin("verified flag")
        guard evidence.isCalledVerified else { throw .notVerified }
        report.begin("nonce and model echo")
        try checkEchoes(of: evidence, model: report.model, nonce: nonce)
        if evidence.expiryLimits.isEmpty {
            report.skip("freshness", because: "the reply names no limit")
        } else {
            report.begin("freshness")
        }
        var expiresAt = try expiry(of: evidence, now: now)
        report.begin("key")
        let key = try evidence.key()
        try checkAddress(evidence.address, of: key)
        report.begin("quote parsed")
        let bytes = try evidence.quote()
        let quote = try TDXQuote(bytes.span)
        report.begin("debug off")
        guard !quote.isUnderDebug else { throw .debugTD }
        report.begin("nonce and key bound")
        try ReportBinding.check(
            bytes.span.extracting(quote.reportData), binds: key.address, and: nonce)
        report.finish()
        var scope = VerifiedKey.Scope.gateway
        switch policy.level {
        case .binding: skipTheRest(of: &report)
        case .full:
            report.begin("collateral")
            let verdict = try verdict(on: bytes, circumstances)
            report.add(verdict)
            if let failure = verdict.failure { throw failure }
            expiresAt = min(expiresAt, verdict.expiresAt ?? expiresAt)
            if let status = verdict.status, status != .upToDate {
                let ends = policy.quote.tolerances.filter { $0.status == status }.map(\.end)
                expiresAt = min(expiresAt, ends.max() ?? expiresAt)
            }
            scope = try checkSoftware(of: evidence, key, quote, bytes, &report)
            let approvalEnd = try checkGPUs(evidence, nonce, scope, circumstances, &report)
            expiresAt = min(expiresAt, approvalEnd ?? expiresAt)
        }
        report.key = VerifiedKey(
            model: report.model, key: key, expiresAt: expiresAt, scope: scope,
            level: policy.level, tcbStatus: report.quote?.status)
    }

    /// - Returns: what machine this is, by the pins.
    private func checkSoftware(
        of evidence: Evidence, _ key: PublicKey, _ quote: TDXQuote, _ bytes: [UInt8],
        _ report: inout AttestationReport
    ) throws(AttestationError) -> VerifiedKey.Scope {
        let check = SoftwareCheck(claims: evidence.software, key: key, quote: quote)
        let seen = try check.run(on: bytes.span, &report)
        var pins = PinCheck(
            policy.pins, policy.pinPolicy, seen, source: "evidence for \(report.model)")
        return try pins.run(&report)
    }

    private func skipTheRest(of report: inout AttestationReport) {
        for name in Self.left {
            report.skip(name, because: "not part of verification at level binding")
        }
    }

    private func verdict(
        on quote: [UInt8], _ circumstances: Circumstances
    ) throws(AttestationError) -> QuoteVerdict {
        guard let collateral = circumstances.collateral else { throw .collateralUnavailable }
        return DCAPVerifier(root: policy.root, policy: policy.quote).verdict(
            quote: quote.span, collateral: collateral, at: circumstances.now,
            minimumEvaluation: circumstances.minimumEvaluation)
    }

    /// - Returns: Unix seconds when the approval of NVIDIA's service ends, where it gave one.
    private func checkGPUs(
        _ evidence: Evidence, _ nonce: AttestationNonce, _ scope: VerifiedKey.Scope,
        _ circumstances: Circumstances, _ report: inout AttestationReport
    ) throws(AttestationError) -> Int? {
        let check = GPUCheck(
            policy: policy, scope: scope, nonce: nonce, circumstances: circumstances)
        return try check.run(on: evidence.gpuPayload, &report)
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

    private static let left =
        ["quote signature", "certificate chain", "collateral"] + SoftwareCheck.names
        + ["GPU evidence"]
}
