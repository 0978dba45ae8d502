extension AttestationError {
    /// The case's name, the same in every release: `"nonceMismatch"`.
    public var name: String {
        switch self {
        case .notJSON: "notJSON"
        case .notAnObject: "notAnObject"
        case .notVerified: "notVerified"
        case .nonceMissing: "nonceMissing"
        case .nonceMismatch: "nonceMismatch"
        case .modelMissing: "modelMissing"
        case .modelMismatch: "modelMismatch"
        case .algorithmNotSupported: "algorithmNotSupported"
        case .keyMissing: "keyMissing"
        case .keyMalformed: "keyMalformed"
        case .keysDiffer: "keysDiffer"
        case .addressMismatch: "addressMismatch"
        case .expiryMalformed: "expiryMalformed"
        case .expired: "expired"
        case .quoteMissing: "quoteMissing"
        case .quoteMalformed: "quoteMalformed"
        case .quotesDiffer: "quotesDiffer"
        case .quoteTooLarge: "quoteTooLarge"
        case .quoteTruncated: "quoteTruncated"
        case .notTDX: "notTDX"
        case .quoteVersionNotSupported: "quoteVersionNotSupported"
        case .attestationKeyNotSupported: "attestationKeyNotSupported"
        case .vendorNotIntel: "vendorNotIntel"
        case .bodyTypeNotSupported: "bodyTypeNotSupported"
        case .bodyExtendedNotSupported: "bodyExtendedNotSupported"
        case .bodySizeMismatch: "bodySizeMismatch"
        case .signatureMissing: "signatureMissing"
        case .debugTD: "debugTD"
        case .reportDataMalformed: "reportDataMalformed"
        case .statementFormNotSupported: "statementFormNotSupported"
        case .keyNotBound: "keyNotBound"
        case .fullVerificationNotBuilt: "fullVerificationNotBuilt"
        }
    }

    /// One sentence for people.
    public var message: String {
        switch self {
        case .notJSON(let offset): "The attestation reply is not valid JSON (at byte \(offset))."
        case .notAnObject: "The attestation reply is not a JSON object."
        case .notVerified: "The provider does not call the enclave verified."
        case .nonceMissing: "The reply does not repeat the nonce."
        case .nonceMismatch: "The evidence was made for another nonce."
        case .modelMissing: "The reply does not name the model."
        case .modelMismatch: "The evidence is for another model."
        case .algorithmNotSupported: "The enclave's key is not of the ecdsa kind."
        case .keyMissing: "The reply has no public key to seal to."
        case .keyMalformed: "The public key is not a point of secp256k1."
        case .keysDiffer: "The reply names two different public keys."
        case .addressMismatch: "The signing address does not belong to the public key."
        case .expiryMalformed: "An expiry time is not a whole number."
        case .expired: "The evidence has expired."
        case .quoteMissing: "The reply has no quote."
        case .quoteMalformed: "The quote is neither hex nor base64."
        case .quotesDiffer: "The reply holds two different quotes."
        case .quoteTooLarge(let countMax): "The quote is longer than \(countMax) bytes."
        case .quoteTruncated(let count): "The quote ends too early, after \(count) bytes."
        case .notTDX: "The quote is not from Intel TDX."
        case .quoteVersionNotSupported(let version):
            "Quotes of version \(version) are not supported."
        case .attestationKeyNotSupported(let type):
            "Attestation keys of type \(type) are not supported."
        case .vendorNotIntel: "The quoting enclave is not Intel's."
        case .bodyTypeNotSupported(let type): "Quote bodies of type \(type) are not supported."
        case .bodyExtendedNotSupported: "Extended TD 1.5 reports are not supported."
        case .bodySizeMismatch(let count): "A quote body of \(count) bytes does not fit its type."
        case .signatureMissing: "The quote has no signature."
        case .debugTD: "The enclave runs in debug mode: its host can read it."
        case .reportDataMalformed: "The quote's report data is not an address and a nonce."
        case .statementFormNotSupported: "The quote binds a statement instead of a key."
        case .keyNotBound: "The quote binds another key than the reply names."
        case .fullVerificationNotBuilt: "Full verification is not part of this release."
        }
    }
}
