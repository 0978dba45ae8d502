import Bytes

/// What a verifier needs besides a quote, as Intel's service hands it out: nothing in it is
/// believed before its signature was verified. Source: Intel SGX and TDX Provisioning Certification
/// Service API, version 4.
public struct Collateral: Equatable, Sendable {
    /// A bundle of all parts may have that many bytes.
    public static let byteCountMax = 1 << 20

    /// The value of `tcbInfo` as it was served: its signature covers these very bytes.
    public var tcbInfo: [UInt8]
    /// r (32) | s (32)
    public var tcbInfoSignature: [UInt8]
    /// In text armour: the signer of the TCB info, and the root.
    public var tcbInfoIssuerChain: [UInt8]
    /// The value of `enclaveIdentity` as it was served.
    public var qeIdentity: [UInt8]
    /// r (32) | s (32)
    public var qeIdentitySignature: [UInt8]
    /// In text armour: the signer of the identity, and the root.
    public var qeIdentityIssuerChain: [UInt8]
    /// In DER.
    public var rootRevocationList: [UInt8]
    /// In DER.
    public var pckRevocationList: [UInt8]
    /// In text armour: the authority of PCK certificates, and the root.
    public var pckRevocationListIssuerChain: [UInt8]

    /// - `json`: one object with the members of `QuoteCollateralV3`: both documents as strings that
    ///   hold the served text, signatures and revocation lists in hexadecimal, chains in text
    ///   armour. Members beyond those are passed over: above all a chain for the quote's own key,
    ///   which comes from the quote and from nowhere else.
    /// - Throws: `.collateralMalformed`, also where a member is missing.
    public init(_ json: Span<UInt8>) throws(AttestationError) {
        guard json.count <= Self.byteCountMax, let members = JSONMembers(checking: json),
            let tcbInfo = members.claim("tcb_info", in: json)?.text,
            let tcbInfoSignature = members.hex("tcb_info_signature", byteCount: 64, in: json),
            let tcbInfoIssuerChain = members.claim("tcb_info_issuer_chain", in: json)?.text,
            let qeIdentity = members.claim("qe_identity", in: json)?.text,
            let qeIdentitySignature = members.hex("qe_identity_signature", byteCount: 64, in: json),
            let qeIdentityIssuerChain = members.claim("qe_identity_issuer_chain", in: json)?.text,
            let rootRevocationList = members.bytes("root_ca_crl", in: json),
            let pckRevocationList = members.bytes("pck_crl", in: json),
            let pckIssuerChain = members.claim("pck_crl_issuer_chain", in: json)?.text
        else { throw .collateralMalformed }
        self.tcbInfo = tcbInfo
        self.tcbInfoSignature = tcbInfoSignature
        self.tcbInfoIssuerChain = tcbInfoIssuerChain
        self.qeIdentity = qeIdentity
        self.qeIdentitySignature = qeIdentitySignature
        self.qeIdentityIssuerChain = qeIdentityIssuerChain
        self.rootRevocationList = rootRevocationList
        self.pckRevocationList = pckRevocationList
        pckRevocationListIssuerChain = pckIssuerChain
    }

    /// From an answer of Intel's service: one object with `name` and `signature`.
    /// - `name`: `tcbInfo` or `enclaveIdentity`.
    /// - Returns: the exact bytes of the document, and its signature.
    /// - Throws: `.collateralMalformed`.
    public static func document(
        _ name: StaticString, in json: Span<UInt8>
    ) throws(AttestationError) -> (text: [UInt8], signature: [UInt8]) {
        guard json.count <= byteCountMax, let members = JSONMembers(checking: json),
            let value = members.value(name, in: json), value.kind == .object,
            let signature = members.hex("signature", byteCount: 64, in: json)
        else { throw .collateralMalformed }
        return (json.extracting(value.range).array, signature)
    }

    /// The parts as they were fetched.
    public init(
        tcbInfo: (text: [UInt8], signature: [UInt8], issuerChain: [UInt8]),
        qeIdentity: (text: [UInt8], signature: [UInt8], issuerChain: [UInt8]),
        rootRevocationList: [UInt8], pckRevocationList: (der: [UInt8], issuerChain: [UInt8])
    ) {
        self.tcbInfo = tcbInfo.text
        tcbInfoSignature = tcbInfo.signature
        tcbInfoIssuerChain = tcbInfo.issuerChain
        self.qeIdentity = qeIdentity.text
        qeIdentitySignature = qeIdentity.signature
        qeIdentityIssuerChain = qeIdentity.issuerChain
        self.rootRevocationList = rootRevocationList
        self.pckRevocationList = pckRevocationList.der
        pckRevocationListIssuerChain = pckRevocationList.issuerChain
    }
}
