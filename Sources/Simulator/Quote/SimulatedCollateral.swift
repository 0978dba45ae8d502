import Bytes
public import E2EE

/// What a verifier of quotes fetches besides the quote, all of it signed under the simulated root.
/// Source: Intel SGX and TDX Provisioning Certification Service API, version 4.
public struct SimulatedCollateral: Sendable {
    /// What the parts say.
    public struct Contents: Sendable {
        public var tcbInfo: SimulatedTCBInfo
        public var qeIdentity: SimulatedQEIdentity
        /// Unix seconds.
        public var rootListValidity: Range<Int>
        public var pckListValidity: Range<Int>
        /// Serial numbers.
        public var revokedByRoot: [[UInt8]] = []
        public var revokedByPlatform: [[UInt8]] = []

        private static let day = 86_400

        /// - `now`: Unix seconds; everything is valid from an hour before for 30 days.
        public init(now: Int) {
            let validity = (now - Self.day / 24)..<(now + 30 * Self.day)
            tcbInfo = SimulatedTCBInfo(validity: validity)
            qeIdentity = SimulatedQEIdentity(validity: validity)
            rootListValidity = validity
            pckListValidity = validity
        }
    }

    /// JSON; the signature in it covers the exact bytes of its `tcbInfo`.
    public let tcbInfo: String
    /// JSON; the signature in it covers the exact bytes of its `enclaveIdentity`.
    public let quotingEnclaveIdentity: String
    /// PEM: the signer of both texts, and the root.
    public let signingChain: String
    /// DER.
    public let rootRevocationList: [UInt8]
    /// DER.
    public let pckRevocationList: [UInt8]
    /// PEM: the Platform CA and the root.
    public let pckRevocationListChain: String

    /// - `status`: the verdict on the platform's own level: `UpToDate`, `OutOfDate`, …
    /// - `revokesPCK`: whether the platform's certificate is on the list.
    /// - `now`: Unix seconds.
    public init(
        under pki: TEEPKI, status: String = "UpToDate", revokesPCK: Bool = false, now: Int
    ) throws(SimulatorError) {
        var contents = Contents(now: now)
        contents.tcbInfo.levels[0].judgement.status = status
        if revokesPCK { contents.revokedByPlatform = [pki.pck.serial] }
        try self.init(contents, under: pki)
    }

    public init(_ contents: Contents, under pki: TEEPKI) throws(SimulatorError) {
        try self.init(
            tcbInfo: contents.tcbInfo.json, qeIdentity: contents.qeIdentity.json, contents,
            under: pki)
    }

    /// Both documents as texts of the caller's.
    public init(
        tcbInfo: String, qeIdentity: String, _ contents: Contents, under pki: TEEPKI
    ) throws(SimulatorError) {
        self.tcbInfo = try Self.signed("tcbInfo", tcbInfo, by: pki.signingKey)
        quotingEnclaveIdentity = try Self.signed(
            "enclaveIdentity", qeIdentity, by: pki.signingKey)
        signingChain = pki.signingChainPEM
        rootRevocationList = try pki.root.revocationList(
            of: contents.revokedByRoot, validity: contents.rootListValidity)
        pckRevocationList = try pki.platform.revocationList(
            of: contents.revokedByPlatform, validity: contents.pckListValidity)
        pckRevocationListChain = pki.platformChainPEM
    }

    private static func signed(
        _ name: String, _ json: String, by key: ECKey
    ) throws(SimulatorError) -> String {
        let signature = try key.rawSignature(over: Array(json.utf8))
        return #"{"\#(name)":\#(json),"signature":"\#(Hex.string(signature.span))"}"#
    }

    /// The parts as a verifier takes them.
    /// - Throws: `.collateralMalformed` of documents that are not JSON.
    public func collateral() throws(AttestationError) -> Collateral {
        let info = try Collateral.document("tcbInfo", in: tcbInfo.utf8Span.span)
        let identity = try Collateral.document(
            "enclaveIdentity", in: quotingEnclaveIdentity.utf8Span.span)
        let chain = Array(signingChain.utf8)
        return Collateral(
            tcbInfo: (info.text, info.signature, chain),
            qeIdentity: (identity.text, identity.signature, chain),
            rootRevocationList: rootRevocationList,
            pckRevocationList: (pckRevocationList, Array(pckRevocationListChain.utf8)))
    }
}
