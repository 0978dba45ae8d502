/// An authority of a simulated public key infrastructure: a key, its certificate, and what it
/// issues. Source: RFC 5280.
public struct TestAuthority: Sendable {
    public let key: ECKey
    public let certificate: Certificate

    /// A root: its certificate is signed by itself.
    public init(
        _ profile: CertificateProfile, on curve: ECKey.Curve = .p256
    ) throws(SimulatorError) {
        let key = try ECKey(curve)
        self.key = key
        certificate = try Self.sign(
            profile, for: key, by: key, named: profile.subject)
    }

    private init(key: ECKey, certificate: Certificate) {
        self.key = key
        self.certificate = certificate
    }

    /// A certificate for `key`.
    public func issue(
        _ profile: CertificateProfile, for key: ECKey
    ) throws(SimulatorError) -> Certificate {
        try Self.sign(profile, for: key, by: self.key, named: certificate.subject)
    }

    /// An authority below this one, with a key of its own on the same curve.
    public func authority(_ profile: CertificateProfile) throws(SimulatorError) -> TestAuthority {
        let key = try ECKey(self.key.curve)
        return TestAuthority(key: key, certificate: try issue(profile, for: key))
    }

    /// What a list may lack, or have too much of.
    public enum ListFault: Sendable, CaseIterable {
        case none, noNumber, noAuthorityKey, unknownCriticalExtension
    }

    /// The list of revoked certificates, in DER.
    /// - `validity`: Unix seconds.
    public func revocationList(
        of serials: [[UInt8]] = [], number: Int = 1, validity: Range<Int>,
        fault: ListFault = .none
    ) throws(SimulatorError) -> [UInt8] {
        let revoked = serials.map {
            DER.sequence(DER.integer(bigEndian: $0), DER.time(validity.lowerBound))
        }
        let unknown = CertificateProfile.entry(
            "1.3.6.1.4.1.55555.1", isCritical: true, DER.boolean(true))
        let extensions = DER.sequence(
            fault == .noNumber ? [] : CertificateProfile.entry("2.5.29.20", DER.integer(number)),
            fault == .noAuthorityKey ? [] : CertificateProfile.authorityKey(key.identifier),
            fault == .unknownCriticalExtension ? unknown : [])
        let content = DER.sequence(
            DER.integer(1), key.signatureAlgorithm, certificate.subject,
            DER.time(validity.lowerBound),
            DER.time(validity.upperBound), revoked.isEmpty ? [] : DER.sequence(of: revoked),
            DER.tagged(0, extensions))
        return try Self.signed(content, by: key)
    }

    private static func sign(
        _ profile: CertificateProfile, for key: ECKey, by issuerKey: ECKey,
        named issuer: [UInt8]
    ) throws(SimulatorError) -> Certificate {
        let serial = key.identifier
        let validity = DER.sequence(
            DER.time(profile.validity.lowerBound), DER.time(profile.validity.upperBound))
        let extensions = profile.extensions(key: key.identifier, issuer: issuerKey.identifier)
        let content = DER.sequence(
            DER.tagged(0, DER.integer(2)), DER.integer(bigEndian: serial),
            issuerKey.signatureAlgorithm,
            issuer, validity, profile.subject, key.subjectPublicKeyInfo, DER.tagged(3, extensions))
        return Certificate(
            der: try signed(content, by: issuerKey), subject: profile.subject, serial: serial)
    }

    private static func signed(
        _ content: [UInt8], by key: ECKey
    ) throws(SimulatorError) -> [UInt8] {
        let signature = DER.bitString(try key.signature(over: content))
        return DER.sequence(content, key.signatureAlgorithm, signature)
    }
}
