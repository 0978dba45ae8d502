/// What a simulated Intel says of its quoting enclave.
public struct SimulatedQEIdentity: Sendable {
    public var id = "TD_QE"
    public var version = 2
    public var validity: Range<Int>
    public var evaluation = 20
    public var miscSelect = "00000000"
    public var miscSelectMask = "FFFFFFFF"
    public var attributes = QuotingEnclave.attributes.upperHex
    /// The bit for debug enclaves is in it.
    public var attributesMask = "FBFFFFFFFFFFFFFF0000000000000000"
    public var mrSigner = QuotingEnclave.signer.upperHex
    public var productID = Int(QuotingEnclave.productID)
    public var levels: [SimulatedTCBInfo.EnclaveLevel]

    public init(validity: Range<Int>) {
        self.validity = validity
        levels = [
            SimulatedTCBInfo.EnclaveLevel(
                Int(QuotingEnclave.svn),
                SimulatedTCBInfo.Judgement("UpToDate", date: validity.lowerBound))
        ]
    }

    public var json: String {
        #"{"id":"\#(id)","version":\#(version),\#(validity.dates),"#
            + #""tcbEvaluationDataNumber":\#(evaluation),"miscselect":"\#(miscSelect)","#
            + #""miscselectMask":"\#(miscSelectMask)","attributes":"\#(attributes)","#
            + #""attributesMask":"\#(attributesMask)","mrsigner":"\#(mrSigner)","#
            + #""isvprodid":\#(productID),"tcbLevels":["#
            + levels.map(\.json).joined(separator: ",") + "]}"
    }
}
