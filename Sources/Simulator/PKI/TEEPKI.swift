/// The certificates of a simulated platform, in the shape of Intel's: a root, the Platform CA and
/// one PCK certificate below it, and a signer of collateral. Source: Intel SGX PCK Certificate and
/// Certificate Revocation List Profile Specification.
public struct TEEPKI: Sendable {
    /// What the four certificates say.
    public struct Profiles: Sendable {
        public var root: CertificateProfile
        public var platform: CertificateProfile
        public var pck: CertificateProfile
        public var signing: CertificateProfile

        /// - `now`: Unix seconds; the certificates are valid from a day before for a year.
        public init(now: Int) {
            let validity = (now - TEEPKI.day)..<(now + 365 * TEEPKI.day)
            let rootList = "https://simulator.invalid/rootca.crl"
            root = CertificateProfile(
                "Simulated SGX Root CA", .authority(pathLengthMax: 1), validity: validity)
            root.revocationURL = rootList
            platform = CertificateProfile(
                "Simulated SGX PCK Platform CA", .authority(pathLengthMax: 0), validity: validity)
            platform.revocationURL = rootList
            signing = CertificateProfile("Simulated SGX TCB Signing", .signer, validity: validity)
            signing.revocationURL = rootList
            pck = CertificateProfile("Simulated SGX PCK Certificate", .signer, validity: validity)
            pck.revocationURL = "https://simulator.invalid/pckcrl?ca=platform&encoding=der"
            pck.intel = IntelExtension(
                ppid: (0..<16).map { 0xA0 + $0 }, componentSVNs: TEEPKI.componentSVNs.map(Int.init),
                pceSVN: TEEPKI.pceSVN, pceID: TEEPKI.pceID, fmspc: TEEPKI.fmspc,
                platformInstance: (0..<16).map { 0xB0 + $0 })
        }
    }

    public let root: TestAuthority
    public let platform: TestAuthority
    public let pckKey: ECKey
    public let pck: Certificate
    public let signingKey: ECKey
    public let signing: Certificate

    static let componentSVNs: [UInt8] = [8, 8, 2, 2, 4, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0]
    static let pceSVN = 11
    static let pceID: [UInt8] = [0, 0]
    /// No family of processors has this one.
    static let fmspc: [UInt8] = [0x51, 0x3D, 0x00, 0x00, 0x00, 0x00]

    private static let day = 86_400

    /// - `now`: Unix seconds.
    public init(now: Int) throws(SimulatorError) {
        try self.init(Profiles(now: now))
    }

    public init(_ profiles: Profiles) throws(SimulatorError) {
        root = try TestAuthority(profiles.root)
        platform = try root.authority(profiles.platform)
        signingKey = try ECKey()
        signing = try root.issue(profiles.signing, for: signingKey)
        pckKey = try ECKey()
        pck = try platform.issue(profiles.pck, for: pckKey)
    }

    /// The chain a quote carries: leaf, Platform CA, root.
    public var pckChainPEM: String {
        pck.pem + platform.certificate.pem + root.certificate.pem
    }

    /// The chain of collateral: its signer and the root.
    public var signingChainPEM: String { signing.pem + root.certificate.pem }
    /// The chain of the PCK list.
    public var platformChainPEM: String { platform.certificate.pem + root.certificate.pem }
}
