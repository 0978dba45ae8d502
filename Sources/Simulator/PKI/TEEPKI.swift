/// The certificates of a simulated platform, in the shape of Intel's: a root, the Platform CA and
/// one PCK certificate below it, and a signer of collateral. Source: Intel SGX PCK Certificate and
/// Certificate Revocation List Profile Specification.
public struct TEEPKI: Sendable {
    public let root: TestAuthority
    public let platform: TestAuthority
    public let pckKey: P256Key
    public let pck: Certificate
    public let signingKey: P256Key
    public let signing: Certificate

    static let componentSVNs: [UInt8] = [8, 8, 2, 2, 4, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0]
    static let pceSVN = 11
    static let pceID: [UInt8] = [0, 0]
    /// No family of processors has this one.
    static let fmspc: [UInt8] = [0x51, 0x3D, 0x00, 0x00, 0x00, 0x00]

    private static let day = 86_400

    /// - `now`: Unix seconds.
    public init(now: Int) throws(SimulatorError) {
        let validity = (now - Self.day)..<(now + 365 * Self.day)
        let rootList = "https://simulator.invalid/rootca.crl"
        var profile = CertificateProfile(
            "Simulated SGX Root CA", .authority(pathLengthMax: 1), validity: validity)
        profile.revocationURL = rootList
        root = try TestAuthority(profile)
        profile.commonName = "Simulated SGX PCK Platform CA"
        profile.role = .authority(pathLengthMax: 0)
        platform = try root.authority(profile)
        var signer = CertificateProfile(
            "Simulated SGX TCB Signing", .signer, validity: validity)
        signer.revocationURL = rootList
        signingKey = try P256Key()
        signing = try root.issue(signer, for: signingKey)
        var leaf = CertificateProfile("Simulated SGX PCK Certificate", .signer, validity: validity)
        leaf.revocationURL = "https://simulator.invalid/pckcrl?ca=platform&encoding=der"
        leaf.intel = IntelExtension(
            ppid: (0..<16).map { 0xA0 + $0 }, componentSVNs: Self.componentSVNs,
            pceSVN: Self.pceSVN, pceID: Self.pceID, fmspc: Self.fmspc,
            platformInstance: (0..<16).map { 0xB0 + $0 })
        pckKey = try P256Key()
        pck = try platform.issue(leaf, for: pckKey)
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
