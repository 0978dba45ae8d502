import Bytes

/// What Intel says of its quoting enclave for TDX. Source: Intel SGX and TDX Provisioning
/// Certification Service API, version 4, enclave identity.
struct QEIdentity: Equatable, Sendable {
    let validity: Range<Int>
    let evaluationNumber: Int
    private let miscSelect: [UInt8]
    private let miscSelectMask: [UInt8]
    private let attributes: [UInt8]
    private let attributesMask: [UInt8]
    private let mrSigner: [UInt8]
    private let productID: Int
    /// The newest first.
    let levels: [EnclaveTCBLevel]

    /// - `json`: the signed text, its signature already verified.
    /// - Throws: `.qeIdentityMismatch` of another enclave's identity or another version;
    ///   `.qeIdentityMalformed`.
    init(_ json: Span<UInt8>) throws(AttestationError) {
        guard let members = JSONMembers(checking: json) else { throw .qeIdentityMalformed }
        guard members.value("id", in: json)?.says("TD_QE", in: json) == true,
            members.number("version", max: .max, in: json) == 2
        else { throw .qeIdentityMismatch }
        guard let validity = members.validity(in: json),
            let evaluation = members.number("tcbEvaluationDataNumber", max: .max, in: json),
            let miscSelect = members.hex("miscselect", byteCount: 4, in: json),
            let miscSelectMask = members.hex("miscselectMask", byteCount: 4, in: json),
            let attributes = members.hex("attributes", byteCount: 16, in: json),
            let attributesMask = members.hex("attributesMask", byteCount: 16, in: json),
            let mrSigner = members.hex("mrsigner", byteCount: 32, in: json),
            let productID = members.number("isvprodid", max: 0xFFFF, in: json),
            let levels = EnclaveTCBLevel.list(
                in: members, domain: TCBStatus.ofQuotingEnclaves, of: json)
        else { throw .qeIdentityMalformed }
        self.validity = validity
        evaluationNumber = evaluation
        self.miscSelect = miscSelect
        self.miscSelectMask = miscSelectMask
        self.attributes = attributes
        self.attributesMask = attributesMask
        self.mrSigner = mrSigner
        self.productID = productID
        self.levels = levels
    }

    /// Whether a report is this enclave's.
    func describes(_ report: QEReport) -> Bool {
        Self.equals(report.miscSelect, miscSelect, under: miscSelectMask)
            && Self.equals(report.attributes, attributes, under: attributesMask)
            && report.mrSigner == mrSigner && report.productID == productID
    }

    private static func equals(_ own: [UInt8], _ wanted: [UInt8], under mask: [UInt8]) -> Bool {
        own.count == wanted.count && own.count == mask.count
            && own.indices.allSatisfy { own[$0] & mask[$0] == wanted[$0] }
    }
}
