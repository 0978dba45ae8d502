import Bytes

/// The signature data of a quote taken apart: which bytes are what.
///
/// signature (64) | attestation key (64) | type 6 (2) | size (4) | QE report (384) | its signature
/// (64) | authentication data size (2) | authentication data | type 5 (2) | size (4) | PEM chain.
/// Every size must name exactly the bytes that are left. Source: Intel TDX DCAP Quoting Library
/// API, appendix 3.
struct QuoteSignature: Equatable, Sendable {
    /// r (32) | s (32) over the quote's signed bytes, by the attestation key.
    let signature: Range<Int>
    /// X (32) | Y (32), a point of P-256.
    let attestationKey: Range<Int>
    let qeReport: Range<Int>
    /// r (32) | s (32) over the QE report, by the platform's certified key.
    let qeReportSignature: Range<Int>
    let authenticationData: Range<Int>
    /// Certificates in text armour: leaf, intermediate, root.
    let chain: Range<Int>

    private static let qeReportCertification = 6
    private static let pemChain = 5

    /// - Throws: `.badSignatureData` of sizes that do not fit each other;
    ///   `.unsupportedCertificationData` of any other types.
    init(_ range: Range<Int>, in bytes: Span<UInt8>) throws(AttestationError) {
        var cursor = FieldCursor(range)
        guard let signature = cursor.field(64), let attestationKey = cursor.field(64),
            let type = cursor.integer16(in: bytes), let byteCount = cursor.integer32(in: bytes),
            byteCount == cursor.byteCount
        else { throw .badSignatureData }
        guard type == Self.qeReportCertification else { throw .unsupportedCertificationData }
        guard let qeReport = cursor.field(QEReport.byteCount),
            let qeReportSignature = cursor.field(64),
            let authenticationByteCount = cursor.integer16(in: bytes),
            let authenticationData = cursor.field(authenticationByteCount),
            let innerType = cursor.integer16(in: bytes),
            let innerByteCount = cursor.integer32(in: bytes), innerByteCount == cursor.byteCount,
            let chain = cursor.field(innerByteCount)
        else { throw .badSignatureData }
        guard innerType == Self.pemChain else { throw .unsupportedCertificationData }
        self.signature = signature
        self.attestationKey = attestationKey
        self.qeReport = qeReport
        self.qeReportSignature = qeReportSignature
        self.authenticationData = authenticationData
        self.chain = chain
    }
}

// The way from the platform's certified key to the quote: it signed the quoting enclave's report,
// which vouches for the attestation key, which signed the quote.
extension QuoteSignature {
    /// - Throws: `.qeReportSignature`.
    func report(
        in bytes: Span<UInt8>, signedBy key: borrowing ECDSAPublicKey
    ) throws(AttestationError) -> QEReport {
        let encoded = bytes.extracting(qeReport)
        guard key.verifies(bytes.extracting(qeReportSignature), over: encoded),
            let report = QEReport(encoded)
        else { throw .qeReportSignature }
        return report
    }

    /// - Throws: `.attestationKeyNotBound`.
    func checkAttestationKey(
        in bytes: Span<UInt8>, vouchedForBy report: QEReport
    ) throws(AttestationError) {
        let bound =
            bytes.extracting(attestationKey).array + bytes.extracting(authenticationData).array
        guard report.binding == (try? Digest.sha256(bound.span)) else {
            throw .attestationKeyNotBound
        }
    }

    /// - `signed`: header and body of the quote.
    /// - Throws: `.quoteSignature`, also where the key is not on the curve.
    func check(over signed: Range<Int>, in bytes: Span<UInt8>) throws(AttestationError) {
        guard let key = ECDSAPublicKey(.p256, point: bytes.extracting(attestationKey)),
            key.verifies(bytes.extracting(signature), over: bytes.extracting(signed))
        else { throw .quoteSignature }
    }
}
