/// The enclave that signs quotes: an attestation key, vouched for by a report that the platform's
/// PCK key signed. Source: Intel TDX DCAP Quoting Library API, appendix 3.
public struct QuotingEnclave: Sendable {
    /// What the enclave's report and the data behind it say. The initial values are sound.
    public struct Profile: Sendable {
        public var miscSelect: UInt32 = 0
        public var attributes = QuotingEnclave.attributes
        public var signer = QuotingEnclave.signer
        public var productID = QuotingEnclave.productID
        public var svn = QuotingEnclave.svn
        public var authenticationData = (0..<32).map { UInt8($0) }
        /// Whether the report vouches for another key than the one that signs quotes.
        public var bindsOtherKey = false
        public var outerType: UInt16 = 6
        public var innerType: UInt16 = 5
        /// nil: leaf, Platform CA and root, each in text armour.
        public var chain: [UInt8]?

        public init() {}
    }

    public let attestationKey: ECKey
    public let report: [UInt8]
    private let certification: [UInt8]
    private let outerType: UInt16

    static let signer = Hash.sha256(Array("simulated quoting enclave's signer".utf8))
    static let measurement = Hash.sha256(Array("simulated quoting enclave".utf8))
    static let attributes: [UInt8] = [0x11] + [UInt8](repeating: 0, count: 15)
    static let productID: UInt16 = 2
    static let svn: UInt16 = 4

    /// Makes a fresh attestation key and has it certified.
    public init(under pki: TEEPKI, _ profile: Profile = Profile()) throws(SimulatorError) {
        let key = try ECKey()
        let report = Self.report(
            vouchingFor: profile.bindsOtherKey ? try ECKey() : key, profile)
        let chain = profile.chain ?? Array(pki.pckChainPEM.utf8)
        let signature = try pki.pckKey.rawSignature(over: report)
        certification =
            report + signature + UInt16(profile.authenticationData.count).littleEndianBytes
            + profile.authenticationData + profile.innerType.littleEndianBytes
            + UInt32(chain.count).littleEndianBytes + chain
        outerType = profile.outerType
        attestationKey = key
        self.report = report
    }

    /// What stands behind `message` in a quote: the size of the signature data, and the data.
    public func signatureData(over message: [UInt8]) throws(SimulatorError) -> [UInt8] {
        let data =
            try attestationKey.rawSignature(over: message) + attestationKey.point.dropFirst()
            + outerType.littleEndianBytes + UInt32(certification.count).littleEndianBytes
            + certification
        return UInt32(data.count).littleEndianBytes + data
    }

    /// The report's 384 bytes; what is not named here is zero.
    private static func report(vouchingFor key: ECKey, _ profile: Profile) -> [UInt8] {
        var report = [UInt8](repeating: 0, count: 384)
        let binding = Hash.sha256(Array(key.point.dropFirst()) + profile.authenticationData)
        report.replaceSubrange(0..<16, with: TEEPKI.componentSVNs)
        report.replaceSubrange(16..<20, with: profile.miscSelect.littleEndianBytes)
        report.replaceSubrange(48..<64, with: profile.attributes)
        report.replaceSubrange(64..<96, with: measurement)
        report.replaceSubrange(128..<160, with: profile.signer)
        report.replaceSubrange(256..<258, with: profile.productID.littleEndianBytes)
        report.replaceSubrange(258..<260, with: profile.svn.littleEndianBytes)
        report.replaceSubrange(320..<352, with: binding)
        return report
    }
}
