extension AttestationError {
    /// The case's name, the same in every release: `"nonceMismatch"`.
    public var name: String { text.name }

    /// One sentence for people.
    public var message: String { text.message }

    private var text: (name: String, message: String) {
        switch self {
        case .notJSON(let offset):
            ("notJSON", "The attestation reply is not valid JSON (at byte \(offset)).")
        case .notAnObject: ("notAnObject", "The attestation reply is not a JSON object.")
        case .notVerified: ("notVerified", "The provider does not call the enclave verified.")
        case .nonceMissing: ("nonceMissing", "The reply does not repeat the nonce.")
        case .nonceMismatch: ("nonceMismatch", "The evidence was made for another nonce.")
        case .modelMissing: ("modelMissing", "The reply does not name the model.")
        case .modelMismatch: ("modelMismatch", "The evidence is for another model.")
        case .algorithmNotSupported:
            ("algorithmNotSupported", "The enclave's key is not of the ecdsa kind.")
        case .keyMissing: ("keyMissing", "The reply has no public key to seal to.")
        case .keyMalformed: ("keyMalformed", "The public key is not a point of secp256k1.")
        case .keysDiffer: ("keysDiffer", "The reply names two different public keys.")
        case .addressMismatch:
            ("addressMismatch", "The signing address does not belong to the public key.")
        case .expiryMalformed: ("expiryMalformed", "An expiry time is not a whole number.")
        case .expired: ("expired", "The evidence has expired.")
        default: quoteText
        }
    }

    private var quoteText: (name: String, message: String) {
        switch self {
        case .quoteMissing: ("quoteMissing", "The reply has no quote.")
        case .quoteMalformed: ("quoteMalformed", "The quote is neither hex nor base64.")
        case .quotesDiffer: ("quotesDiffer", "The reply holds two different quotes.")
        case .quoteTooLarge(let max): ("quoteTooLarge", "The quote is longer than \(max) bytes.")
        case .quoteTruncated(let count):
            ("quoteTruncated", "The quote ends too early, after \(count) bytes.")
        case .notTDX: ("notTDX", "The quote is not from Intel TDX.")
        case .quoteVersionNotSupported(let version):
            ("quoteVersionNotSupported", "Quotes of version \(version) are not supported.")
        case .attestationKeyNotSupported(let type):
            ("attestationKeyNotSupported", "Attestation keys of type \(type) are not supported.")
        case .vendorNotIntel: ("vendorNotIntel", "The quoting enclave is not Intel's.")
        case .bodyTypeNotSupported(let type):
            ("bodyTypeNotSupported", "Quote bodies of type \(type) are not supported.")
        case .bodyExtendedNotSupported:
            ("bodyExtendedNotSupported", "Extended TD 1.5 reports are not supported.")
        case .bodySizeMismatch(let count):
            ("bodySizeMismatch", "A quote body of \(count) bytes does not fit its type.")
        case .signatureMissing: ("signatureMissing", "The quote has no signature.")
        case .debugTD: ("debugTD", "The enclave runs in debug mode: its host can read it.")
        default: bindingText
        }
    }

    private var bindingText: (name: String, message: String) {
        switch self {
        case .reportDataMalformed:
            ("reportDataMalformed", "The quote's report data is not an address and a nonce.")
        case .statementFormNotSupported:
            ("statementFormNotSupported", "The quote binds a statement instead of a key.")
        case .keyNotBound: ("keyNotBound", "The quote binds another key than the reply names.")
        case .fullVerificationNotBuilt:
            ("fullVerificationNotBuilt", "Full verification is not part of this release.")
        default: ("unknown", "The evidence was refused.")
        }
    }
}
