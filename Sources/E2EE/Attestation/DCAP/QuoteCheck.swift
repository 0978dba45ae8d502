import Bytes

/// The checks of one quote against one set of collateral, in the order in which nothing
/// unauthenticated decides anything: certificates, revocation, signed documents, the quote's own
/// signatures, the TDX module, the TCB level, the policy.
struct QuoteCheck {
    let quote: ParsedQuote
    let collateral: Collateral
    let policy: QuotePolicy
    let now: Int
    let minimumEvaluation: EvaluationNumbers

    /// - Throws: the first check that failed; `verdict` then says what was found until there.
    func run(
        on bytes: Span<UInt8>, root rootDER: [UInt8], _ verdict: inout QuoteVerdict
    ) throws(AttestationError) {
        guard let root = X509Certificate(der: rootDER), let rootKey = root.publicKey() else {
            throw .untrustedRoot
        }
        let chain = try PCKChain(
            bytes.extracting(quote.signature.chain), root: root, at: now)
        verdict.fmspc = chain.platform.fmspc
        verdict.limit(to: chain.validity)
        verdict.completed.append(.pckChain)
        let tcbInfoChain = try SigningChain(
            collateral.tcbInfoIssuerChain.span, root: root, at: now)
        let qeIdentityChain = try SigningChain(
            collateral.qeIdentityIssuerChain.span, root: root, at: now)
        verdict.limit(to: tcbInfoChain.validity)
        verdict.limit(to: qeIdentityChain.validity)
        verdict.completed.append(.signingChains)

        let rootList = try list(
            collateral.rootRevocationList, of: root.subject, signedBy: rootKey, &verdict)
        let pckList = try list(
            collateral.pckRevocationList, of: chain.authority.subject,
            signedBy: chain.authorityKey, &verdict)
        try checkListIssuer(chain.authority, root: root)
        verdict.completed.append(.revocationLists)
        guard !chain.authority.isRevoked(by: rootList) else { throw .intermediateRevoked }
        guard !tcbInfoChain.signer.isRevoked(by: rootList),
            !qeIdentityChain.signer.isRevoked(by: rootList)
        else { throw .tcbSigningRevoked }
        guard !chain.leaf.isRevoked(by: pckList) else { throw .pckRevoked }
        verdict.completed.append(.revocation)

        let info = try tcbInfo(signedBy: tcbInfoChain.key, for: chain.platform, &verdict)
        let identity = try qeIdentity(signedBy: qeIdentityChain.key, &verdict)
        try checkEvaluation(info, identity, &verdict)

        let report = try qeReport(in: bytes, signedBy: chain.key, identity, &verdict)
        try quote.signature.check(over: quote.quote.signed, in: bytes)
        verdict.completed.append(.quoteSignature)
        try checkModule(info, in: bytes, &verdict)
        try judge(info, identity, report, chain.platform, in: bytes, &verdict)
    }

    /// A revocation list that `key` signed and that is in force.
    private func list(
        _ der: [UInt8], of issuer: [UInt8], signedBy key: borrowing ECDSAPublicKey,
        _ verdict: inout QuoteVerdict
    ) throws(AttestationError) -> RevocationList {
        guard let list = RevocationList(der: der.span) else { throw .badCRL }
        guard list.issuer == issuer else { throw .crlIssuerMismatch }
        guard list.isSigned(by: key), let validity = list.validity else { throw .badCRL }
        guard validity.lowerBound <= now else { throw .crlNotYetValid }
        guard now < validity.upperBound else { throw .crlExpired }
        verdict.limit(to: validity)
        return list
    }

    /// The chain that came with the list must name the authority that the quote's chain proved.
    private func checkListIssuer(
        _ authority: borrowing X509Certificate, root: borrowing X509Certificate
    ) throws(AttestationError) {
        let text = collateral.pckRevocationListIssuerChain.span
        guard let certificates = CertificateText.certificates(in: text, countMax: 2),
            certificates.count == 2, certificates[1] == root.der,
            let named = X509Certificate(der: certificates[0]), named.isSameAuthority(as: authority)
        else { throw .crlIssuerMismatch }
    }

    private func tcbInfo(
        signedBy key: borrowing ECDSAPublicKey, for platform: PCKExtension,
        _ verdict: inout QuoteVerdict
    ) throws(AttestationError) -> TCBInfo {
        let text = collateral.tcbInfo.span
        guard key.verifies(collateral.tcbInfoSignature.span, over: text) else {
            throw .tcbInfoSignature
        }
        let info = try TCBInfo(text)
        guard info.validity.lowerBound <= now else { throw .tcbInfoFuture }
        guard now < info.validity.upperBound else { throw .tcbInfoExpired }
        guard info.fmspc == platform.fmspc, info.pceID == platform.pceID else {
            throw .tcbInfoMismatch
        }
        verdict.limit(to: info.validity)
        verdict.completed.append(.tcbInfo)
        return info
    }

    private func qeIdentity(
        signedBy key: borrowing ECDSAPublicKey, _ verdict: inout QuoteVerdict
    ) throws(AttestationError) -> QEIdentity {
        let text = collateral.qeIdentity.span
        guard key.verifies(collateral.qeIdentitySignature.span, over: text) else {
            throw .qeIdentitySignature
        }
        let identity = try QEIdentity(text)
        guard identity.validity.lowerBound <= now else { throw .qeIdentityFuture }
        guard now < identity.validity.upperBound else { throw .qeIdentityExpired }
        verdict.limit(to: identity.validity)
        verdict.completed.append(.qeIdentity)
        return identity
    }

    private func checkEvaluation(
        _ info: TCBInfo, _ identity: QEIdentity, _ verdict: inout QuoteVerdict
    ) throws(AttestationError) {
        verdict.evaluation = EvaluationNumbers(
            tcbInfo: info.evaluationNumber, qeIdentity: identity.evaluationNumber)
        guard info.evaluationNumber >= minimumEvaluation.tcbInfo,
            identity.evaluationNumber >= minimumEvaluation.qeIdentity
        else { throw .collateralRollback }
        verdict.completed.append(.evaluationNumbers)
    }

    private func qeReport(
        in bytes: Span<UInt8>, signedBy key: borrowing ECDSAPublicKey, _ identity: QEIdentity,
        _ verdict: inout QuoteVerdict
    ) throws(AttestationError) -> QEReport {
        let report = try quote.signature.report(in: bytes, signedBy: key)
        verdict.completed.append(.qeReport)
        try quote.signature.checkAttestationKey(in: bytes, vouchedForBy: report)
        verdict.completed.append(.attestationKey)
        guard identity.describes(report) else { throw .qeIdentityMismatch }
        guard !report.isDebug else { throw .qeDebug }
        verdict.completed.append(.quotingEnclave)
        return report
    }

    /// The module's signer and attributes are those of the version that the TD was started by.
    private func checkModule(
        _ info: TCBInfo, in bytes: Span<UInt8>, _ verdict: inout QuoteVerdict
    ) throws(AttestationError) {
        let quote = quote.quote
        let version = bytes[quote.teeTCBSVN.lowerBound + 1]
        guard let module = info.module(ofVersion: version) else { throw .tdxModuleUnknown }
        guard
            module.describes(
                signer: bytes.extracting(quote.mrSignerSEAM),
                attributes: bytes.extracting(quote.seamAttributes))
        else { throw .tdxModuleMismatch }
        verdict.completed.append(.tdxModule)
    }

    private func judge(
        _ info: TCBInfo, _ identity: QEIdentity, _ report: QEReport, _ platform: PCKExtension,
        in bytes: Span<UInt8>, _ verdict: inout QuoteVerdict
    ) throws(AttestationError) {
        guard let enclave = identity.levels.judgement(on: report.svn) else {
            throw .qeNotSupported
        }
        let evaluation = TCBEvaluation(info: info, platform: platform, enclave: enclave)
        let quote = quote.quote
        let tcb = try evaluation.judgement(
            launch: bytes.extracting(quote.teeTCBSVN).array,
            current: quote.teeTCBSVN2.map { bytes.extracting($0).array })
        verdict.status = tcb.status
        verdict.advisories = tcb.advisories.sorted()
        verdict.tcbDate = tcb.date
        guard tcb.status != .revoked else { throw .tcbRevoked }
        verdict.completed.append(.tcbLevel)
        try policy.check(quote, in: bytes)
        verdict.completed.append(.tdPolicy)
        try policy.check(tcb, at: now)
        verdict.completed.append(.tcbStatus)
    }
}
