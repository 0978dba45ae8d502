import Bytes

/// The certificates in a quote: of the platform's key, of the authority that issued it, and the
/// root. What is here has been verified, but for revocation. Source: Intel SGX PCK Certificate and
/// Certificate Revocation List Profile Specification.
struct PCKChain: ~Copyable {
    let leaf: X509Certificate
    let authority: X509Certificate
    let key: P256PublicKey
    let authorityKey: P256PublicKey
    let platform: PCKExtension
    /// The last second of all three is the last one inside.
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

/// The certificates beside a signed document of Intel's service: of its signer, and the root.
struct SigningChain: ~Copyable {
    let signer: X509Certificate
    let key: P256PublicKey
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

extension [Range<Int>] {
    /// The time that all of them share.
    /// - Throws: `.certificateNotYetValid`, `.certificateExpired` where `now` is outside of one.
    fileprivate func common(at now: Int) throws(AttestationError) -> Range<Int> {
        var (start, end) = (Int.min, Int.max)
        for range in self {
            guard range.lowerBound <= now else { throw .certificateNotYetValid }
            guard now < range.upperBound else { throw .certificateExpired }
            start = Swift.max(start, range.lowerBound)
            end = Swift.min(end, range.upperBound)
        }
        return start..<end
    }
}
