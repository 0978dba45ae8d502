import Bytes

/// What the quoting enclave's report says of it. Source: Intel SDM volume 3D, table 37-21 (REPORT
/// without its MAC).
struct QEReport: Equatable, Sendable {
    static let byteCount = 384

    let miscSelect: [UInt8]
    let attributes: [UInt8]
    let mrSigner: [UInt8]
    let productID: Int
    let svn: Int
    /// The first half of the report data: the digest that binds the attestation key.
    let binding: [UInt8]

    /// nil of anything but 384 bytes.
    init?(_ report: Span<UInt8>) {
        guard report.count == Self.byteCount else { return nil }
        miscSelect = report.extracting(16..<20).array
        attributes = report.extracting(48..<64).array
        mrSigner = report.extracting(128..<160).array
        productID = Int(report[256]) | Int(report[257]) << 8
        svn = Int(report[258]) | Int(report[259]) << 8
        binding = report.extracting(320..<352).array
    }

    /// A debug enclave's memory can be read from outside, keys included.
    var isDebug: Bool { attributes[0] & 0b10 != 0 }
}
