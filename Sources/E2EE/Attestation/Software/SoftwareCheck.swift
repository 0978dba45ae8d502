import Bytes

/// What a genuine quote says about the software behind it, check by check: the log replayed, what
/// it says about the start, the text that is run, the keys and who gave them.
struct SoftwareCheck {
    let claims: SoftwareClaims
    let key: PublicKey
    let quote: TDXQuote

    /// The names of all checks, for those who run none of them.
    static let names = [
        "owner registers", "event log", "start-up events", "compose text", "MR_CONFIG_ID",
        "claimed measurements", "keyset digest", "workload id", "keyset endorsement",
        "key in the keyset", "key custody", "base image", "KMS root", "app", "compose hash pinned",
    ]

    /// - `bytes`: the quote's.
    /// - Returns: what was measured; the report has it too, as far as the checks came.
    /// - Throws: what does not hold.
    /// - Cost: at most four hashes an event of the log, and two recoveries a key in the custody.
    func run(
        on bytes: Span<UInt8>, _ report: inout AttestationReport
    ) throws(AttestationError) -> Measurements {
        var seen = Measurements(quote, in: bytes)
        report.measurements = seen
        report.begin("owner registers")
        guard bytes.extracting(quote.mrOwner).isZero, bytes.extracting(quote.mrOwnerConfig).isZero
        else { throw .ownerNotZero }
        report.begin("event log")
        guard let json = claims.eventLog else { throw .eventLogMissing }
        let log = try EventLog(json.span)
        try log.check(against: quote, in: bytes)
        report.begin("start-up events")
        let events = try BootEvents(log)
        guard events.osImageHash != nil else { throw .osImageUnknown }
        seen.add(events)
        report.measurements = seen
        seen.compose = try checkCompose(against: seen, &report)
        try checkConfigID(against: seen, &report)
        report.begin("claimed measurements")
        try checkClaims(against: seen)
        try checkKeyset(&report)
        seen.kmsRoot = try checkCustody(of: seen.appID, &report)
        report.finish()
        report.measurements = seen
        return seen
    }

    private func checkCompose(
        against seen: Measurements, _ report: inout AttestationReport
    ) throws(AttestationError) -> [UInt8]? {
        guard !claims.composes.isEmpty else {
            report.skip("compose text", because: "the reply does not hold it")
            report.warnings.append(.composeNotShown)
            return nil
        }
        report.begin("compose text")
        for claim in claims.composes {
            guard let text = claim.text, try Self.sha256(text) == seen.composeHash else {
                throw .composeHashMismatch
            }
        }
        return claims.composes.first?.text
    }

    /// The first byte is the form: 1 has the compose hash; 2 and 3 hash it together with more, and
    /// are not recomputed; all zero is unset.
    private func checkConfigID(
        against seen: Measurements, _ report: inout AttestationReport
    ) throws(AttestationError) {
        let value = seen.mrConfigID
        switch value.first {
        case 0 where value.span.isZero:
            report.skip("MR_CONFIG_ID", because: "it is unset")
            report.warnings.append(.configIDUnset)
        case 1:
            report.begin("MR_CONFIG_ID")
            let expected = [1] + seen.composeHash + [UInt8](repeating: 0, count: 15)
            guard value == expected else { throw .configIDMismatch }
        case 2, 3:
            report.skip("MR_CONFIG_ID", because: "it has a form that is not recomputed")
            report.warnings.append(.configIDNotVerified)
        default:
            report.begin("MR_CONFIG_ID")
            throw .configIDMismatch
        }
    }

    /// The reply's own account carries no weight, but one that is wrong is a reason to stop.
    private func checkClaims(against seen: Measurements) throws(AttestationError) {
        for (claims, measured) in [
            (claims.appIDs, seen.appID), (claims.composeHashes, seen.composeHash),
            (claims.osImageHashes, seen.osImageHash),
        ] {
            for claim in claims {
                guard let digits = claim.text, Hex.bytes(Hex.withoutPrefix(digits.span)) == measured
                else { throw .claimMismatch }
            }
        }
    }

    private func checkKeyset(_ report: inout AttestationReport) throws(AttestationError) {
        guard let json = claims.keyset else {
            for name in ["keyset digest", "workload id", "keyset endorsement", "key in the keyset"]
            {
                report.skip(name, because: "the reply has no keyset")
            }
            return
        }
        report.begin("keyset digest")
        let keyset = try WorkloadKeyset(json.span)
        if claims.keysetDigests.isEmpty {
            report.passOver(because: "the reply does not name it")
        }
        for claim in claims.keysetDigests {
            guard Self.digest(claim) == keyset.digest else { throw .keysetDigestMismatch }
        }
        if let claim = claims.workloadID, let id = keyset.workloadID {
            report.begin("workload id")
            guard Self.digest(claim) == id else { throw .workloadMismatch }
        } else {
            report.skip("workload id", because: "the reply has none")
        }
        if let endorsement = claims.endorsement {
            report.begin("keyset endorsement")
            guard keyset.isEndorsed(by: endorsement.span) else { throw .endorsementMismatch }
        } else {
            report.skip("keyset endorsement", because: "the reply has none")
        }
        report.begin("key in the keyset")
        guard keyset.holds(key) else { throw .keyNotInKeyset }
    }

    private func checkCustody(
        of app: [UInt8], _ report: inout AttestationReport
    ) throws(AttestationError) -> [UInt8]? {
        guard let json = claims.keyCustody else {
            report.skip("key custody", because: "the reply has none")
            return nil
        }
        report.begin("key custody")
        return try KeyCustody(json.span).root(of: key, app: app)
    }

    /// The digest that `sha256:` and 64 digits spell.
    private static func digest(_ claim: Claim) -> [UInt8]? {
        guard let text = claim.text, text.span.starts(with: "sha256:") else { return nil }
        return Hex.bytes(text.span.extracting(7..<text.count))
    }

    private static func sha256(_ bytes: [UInt8]) throws(AttestationError) -> [UInt8] {
        do throws(E2EEError) { return try Digest.sha256(bytes.span) } catch { throw .engineFailed }
    }
}
