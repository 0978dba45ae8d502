import Bytes

/// The certificates in a quote: of the platform's key, of the authority that issued it, and the
/// root. What is here has been verified, but for revocation. Source: Intel SGX PCK Certificate and
/// Certificate Revocation List Profile Specification.
struct PCKChain: ~Copyable {
    let leaf: X509Certificate
    let authority: X509Certificate
    let key: ECDSAPublicKey
    let authorityKey: ECDSAPublicKey
    let platform: PCKExtension
    /// The time in which all three certificates are good.
    let validity: Range<Int>

    /// - `text`: exactly three certificates, leaf first, in text armour.
    /// - `now`: Unix seconds.
    /// - Throws: `.badPCKChain`, `.untrustedRoot`, `.certificateExpired`,
    ///   `.certificateNotYetValid`, `.badPCKExtension`.
    init(
        _ text: Span<UInt8>, root: borrowing X509Certificate, at now: Int
    ) throws(AttestationError) {
        guard let certificates = CertificateText.certificates(in: text, countMax: 3),
            certificates.count == 3
        else { throw .badPCKChain }
        guard certificates[2] == root.der else { throw .untrustedRoot }
        guard let leaf = X509Certificate(der: certificates[0]),
            let authority = X509Certificate(der: certificates[1]),
            leaf.isNamed("SGX PCK Certificate"), Self.isPCKAuthority(authority),
            !leaf.isAuthority, leaf.isIssued(under: root, through: authority),
            let leafValidity = leaf.validity, let authorityValidity = authority.validity,
            let rootValidity = root.validity
        else { throw .badPCKChain }
        let validity = try [leafValidity, authorityValidity, rootValidity].common(at: now)
        guard let key = leaf.publicKey(), let authorityKey = authority.publicKey() else {
            throw .badPCKChain
        }
        guard let value = leaf.extensionValue(PCKExtension.identifier) else {
            throw .badPCKExtension
        }
        let platform = try PCKExtension(value.span)
        self.platform = platform
        self.validity = validity
        self.leaf = leaf
        self.authority = authority
        self.key = key
        self.authorityKey = authorityKey
    }

    private static func isPCKAuthority(_ certificate: borrowing X509Certificate) -> Bool {
        certificate.isNamed("SGX PCK Platform CA") || certificate.isNamed("SGX PCK Processor CA")
    }
}
