import Bytes
import Reactor

/// What a verifier of quotes fetches besides the quote, all of it signed under the simulated root.
/// Source: Intel SGX and TDX Provisioning Certification Service API, version 4.
public struct SimulatedCollateral: Sendable {
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

    private static let day = 86_400

    /// - `status`: the verdict on the platform's own level: `UpToDate`, `OutOfDate`, …
    /// - `revokesPCK`: whether the platform's certificate is on the list.
    /// - `now`: Unix seconds.
    public init(
        under pki: TEEPKI, status: String = "UpToDate", revokesPCK: Bool = false, now: Int
    ) throws(SimulatorError) {
        let validity = (now - Self.day / 24)..<(now + 30 * Self.day)
        tcbInfo = try Self.signed(
            "tcbInfo", Self.tcbInfo(status: status, validity: validity), by: pki.signingKey)
        quotingEnclaveIdentity = try Self.signed(
            "enclaveIdentity", Self.identity(validity: validity), by: pki.signingKey)
        signingChain = pki.signingChainPEM
        rootRevocationList = try pki.root.revocationList(validity: validity)
        pckRevocationList = try pki.platform.revocationList(
            of: revokesPCK ? [pki.pck.serial] : [], validity: validity)
        pckRevocationListChain = pki.platformChainPEM
    }

    private static func signed(
        _ name: String, _ json: String, by key: P256Key
    ) throws(SimulatorError) -> String {
        let signature = try key.rawSignature(over: Array(json.utf8))
        return #"{"\#(name)":\#(json),"signature":"\#(Hex.string(signature.span))"}"#
    }

    private static func tcbInfo(status: String, validity: Range<Int>) -> String {
        let module =
            #""mrsigner":"\#(hex(0, 48))","attributes":"\#(hex(0, 8))","#
            + #""attributesMask":"\#(hex(0xFF, 8))""#
        let date = WallClock(seconds: validity.lowerBound).description
        let sound = components(TEEPKI.componentSVNs)
        let old = components([UInt8](repeating: 0, count: 16))
        let tdx = components([5, 0, 3] + [UInt8](repeating: 0, count: 13))
        return #"{"id":"TDX","version":3,\#(dates(validity)),"fmspc":"\#(upperHex(TEEPKI.fmspc))","#
            + #""pceId":"\#(upperHex(TEEPKI.pceID))","tcbType":0,"tcbEvaluationDataNumber":20,"#
            + #""tdxModule":{\#(module)},"tdxModuleIdentities":[{"id":"TDX_01",\#(module),"#
            + #""tcbLevels":[{"tcb":{"isvsvn":5},"tcbDate":"\#(date)","tcbStatus":"UpToDate"}]}],"#
            + #""tcbLevels":[{"tcb":{"sgxtcbcomponents":\#(sound),"pcesvn":\#(TEEPKI.pceSVN),"#
            + #""tdxtcbcomponents":\#(tdx)},"tcbDate":"\#(date)","tcbStatus":"\#(status)"},"#
            + #"{"tcb":{"sgxtcbcomponents":\#(old),"pcesvn":0,"tdxtcbcomponents":\#(old)},"#
            + #""tcbDate":"\#(date)","tcbStatus":"OutOfDate"}]}"#
    }

    private static func identity(validity: Range<Int>) -> String {
        let mask = "FBFFFFFFFFFFFFFF" + hex(0, 8)
        let date = WallClock(seconds: validity.lowerBound).description
        return #"{"id":"TD_QE","version":2,\#(dates(validity)),"tcbEvaluationDataNumber":20,"#
            + #""miscselect":"00000000","miscselectMask":"FFFFFFFF","#
            + #""attributes":"\#(upperHex(QuotingEnclave.attributes))","attributesMask":"\#(mask)","#
            + #""mrsigner":"\#(upperHex(QuotingEnclave.signer))","#
            + #""isvprodid":\#(QuotingEnclave.productID),"tcbLevels":[{"tcb":"#
            + #"{"isvsvn":\#(QuotingEnclave.svn)},"tcbDate":"\#(date)","tcbStatus":"UpToDate"}]}"#
    }

    private static func dates(_ validity: Range<Int>) -> String {
        let issued = WallClock(seconds: validity.lowerBound)
        let next = WallClock(seconds: validity.upperBound)
        return #""issueDate":"\#(issued)","nextUpdate":"\#(next)""#
    }

    private static func components(_ svns: [UInt8]) -> String {
        "[" + svns.map { #"{"svn":\#($0)}"# }.joined(separator: ",") + "]"
    }

    private static func hex(_ byte: UInt8, _ byteCount: Int) -> String {
        upperHex([UInt8](repeating: byte, count: byteCount))
    }

    private static func upperHex(_ bytes: [UInt8]) -> String {
        Hex.string(bytes.span).uppercased()
    }
}
