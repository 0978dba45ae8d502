/// Why evidence was refused: one case a check, named as people will find it in reports. Payloads
/// are numbers only, so nothing that the other side wrote can reach a log through an error.
public enum AttestationError: Error, Equatable, Sendable {
    // The reply.
    case notJSON(offset: Int)
    case notAnObject
    case notVerified
    case nonceMissing
    case nonceMismatch
    case modelMissing
    case modelMismatch
    case algorithmNotSupported
    case keyMissing
    case keyMalformed
    case keysDiffer
    case addressMismatch
    case expiryMalformed
    case expired
    // The quote.
    case quoteMissing
    case quoteMalformed
    case quotesDiffer
    case quoteTooLarge(byteCountMax: Int)
    case quoteTruncated(byteCount: Int)
    case notTDX
    case quoteVersionNotSupported(Int)
    case attestationKeyNotSupported(Int)
    case vendorNotIntel
    case bodyTypeNotSupported(Int)
    case bodyExtendedNotSupported
    case bodySizeMismatch(Int)
    case signatureMissing
    case debugTD
    // The quote's signatures and certificates.
    case badSignatureData
    case unsupportedCertificationData
    case badPCKChain
    case untrustedRoot
    case certificateExpired
    case certificateNotYetValid
    case badPCKExtension
    case pckRevoked
    case intermediateRevoked
    case qeReportSignature
    case attestationKeyNotBound
    case qeDebug
    case quoteSignature
    // The collateral.
    case collateralMalformed
    case badTCBSigningChain
    case badCRL
    case crlExpired
    case crlNotYetValid
    case crlIssuerMismatch
    case tcbSigningRevoked
    case tcbInfoSignature
    case tcbInfoMismatch
    case tcbInfoMalformed
    case tcbInfoExpired
    case tcbInfoFuture
    case qeIdentitySignature
    case qeIdentityMismatch
    case qeIdentityMalformed
    case qeIdentityExpired
    case qeIdentityFuture
    case collateralRollback
    // The machine and the TD.
    case tdxModuleUnknown
    case tdxModuleMismatch
    case tcbNotSupported
    case qeNotSupported
    case tcbRevoked
    case tcbStatus
    case reservedAttributes
    case tdAttributes
    case septVE
    case tdMigratable
    case serviceTD
    // What the quote binds.
    case reportDataMalformed
    case statementFormNotSupported
    case keyNotBound
    // The software.
    case ownerNotZero
    case eventLogMissing
    case eventLogMalformed
    case eventDigestMismatch(index: Int)
    case eventLogMismatch(register: Int)
    case eventMissing
    case eventRepeated
    case eventTooLate
    case eventMalformed
    case composeHashMismatch
    case configIDMismatch
    case claimMismatch
    case osImageUnknown
    // The chain from the key to who governs it.
    case keysetMalformed
    case keysetDigestMismatch
    case workloadMismatch
    case endorsementMismatch
    case keyNotInKeyset
    case custodyMalformed
    case custodyMissing
    case custodyMismatch
    // The pins.
    case baseImageNotPinned
    case developmentImage
    case keyProviderNotPinned
    case kmsRootNotPinned
    case appNotPinned
    case composeNotPinned
    case engineFailed
    /// The verdict needs collateral and there is none: nothing was verified.
    case collateralUnavailable
    // The GPUs' evidence.
    case gpuPayloadMalformed
    case gpuEvidenceMissing
    case gpuEvidenceMalformed
    case gpuChain
    case gpuUntrustedRoot
    case gpuSignature
    case gpuFWID
    case gpuNonceMismatch
    // The answer of NVIDIA's attestation service.
    case nrasUnavailable
    case nrasMalformed
    case nrasKeysMalformed
    case nrasAlgorithm
    case nrasKeyUnknown
    case nrasSignature
    case nrasIssuer
    case nrasNotYetValid
    case nrasExpired
    case nrasNonceMismatch
    case nrasRefused
    case nrasDeviceMissing
    case nrasDigest
    case nrasMeasurements
    case nrasDebug
    case nrasSecureBoot
    case nrasModel
    case nrasCheckFailed

    /// Whether other collateral may be judged otherwise: this one has run out, is behind, or does
    /// not hold.
    public var isOfCollateral: Bool {
        switch self {
        case .crlExpired, .crlNotYetValid, .crlIssuerMismatch, .badCRL, .collateralRollback,
            .collateralMalformed, .badTCBSigningChain, .certificateExpired, .tdxModuleUnknown,
            .tcbInfoExpired, .tcbInfoFuture, .tcbInfoSignature, .tcbInfoMismatch,
            .tcbInfoMalformed, .qeIdentityExpired, .qeIdentityFuture, .qeIdentitySignature,
            .qeIdentityMismatch, .qeIdentityMalformed:
            true
        default: false
        }
    }
}
