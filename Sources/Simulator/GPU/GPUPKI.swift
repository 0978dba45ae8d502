/// The certificates of a simulated device, in the shape of NVIDIA's: a root, the family, the
/// provisioner, the boot ROM and the firmware that signs. They end with the year 9999.
public struct GPUPKI: Sendable {
    public let root: TestAuthority
    let family: TestAuthority
    let provisioner: TestAuthority
    let bootROM: TestAuthority
    public let leafKey: ECKey
    public let leaf: Certificate

    /// The first of January 2021 to the last second of 9999.
    public static let validity = 1_609_459_200..<253_402_300_799

    /// - `name`: of the leaf; its first word is the chip.
    /// - `firmwareID`: the hash that the leaf names; nil for none.
    /// - `validity`: of the leaf, in Unix seconds.
    public init(
        name: String = "GH100 simulated FMC LF", firmwareID: [UInt8]? = SimulatedGPU.firmwareID,
        validity: Range<Int> = GPUPKI.validity, curve: ECKey.Curve = .p384
    ) throws(SimulatorError) {
        root = try TestAuthority(Self.authority("Simulated Device Identity CA"), on: curve)
        family = try root.authority(Self.authority("Simulated GH100 Identity"))
        provisioner = try family.authority(Self.authority("Simulated GH100 Provisioner ICA 1"))
        bootROM = try provisioner.authority(Self.authority("GH100 simulated BROM"))
        leafKey = try ECKey(curve)
        var profile = CertificateProfile(name, .signer, validity: validity)
        profile.firmwareID = firmwareID
        leaf = try bootROM.issue(profile, for: leafKey)
    }

    /// The five certificates, leaf first.
    public var chain: [Certificate] {
        [
            leaf, bootROM.certificate, provisioner.certificate, family.certificate,
            root.certificate,
        ]
    }

    private static func authority(_ name: String) -> CertificateProfile {
        CertificateProfile(name, .authority(pathLengthMax: nil), validity: validity)
    }
}
