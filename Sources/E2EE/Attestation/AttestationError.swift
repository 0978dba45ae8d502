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
    // What the quote binds.
    case reportDataMalformed
    case statementFormNotSupported
    case keyNotBound
    // The verifier itself.
    case fullVerificationNotBuilt
}
