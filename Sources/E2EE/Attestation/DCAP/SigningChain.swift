import Bytes

/// The certificates beside a signed document of Intel's service: of its signer, and the root.
struct SigningChain: ~Copyable {
    let signer: X509Certificate
    let key: ECDSAPublicKey
    let validity: Range<Int>

    /// - `text`: exactly two certificates, the signer's first, in text armour.
    /// - `now`: Unix seconds.
    /// - Throws: `.badTCBSigningChain`, `.certificateExpired`, `.certificateNotYetValid`.
    init(
        _ text: Span<UInt8>, root: borrowing X509Certificate, at now: Int
    ) throws(AttestationError) {
        guard let certificates = CertificateText.certificates(in: text, countMax: 2),
            certificates.count == 2, certificates[1] == root.der,
            let signer = X509Certificate(der: certificates[0]),
            signer.isNamed("SGX TCB Signing"), !signer.isAuthority, signer.isIssued(under: root),
            let signerValidity = signer.validity, let rootValidity = root.validity,
            let key = signer.publicKey()
        else { throw .badTCBSigningChain }
        let validity = try [signerValidity, rootValidity].common(at: now)
        self.validity = validity
        self.signer = signer
        self.key = key
    }
}
