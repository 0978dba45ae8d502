import Bytes

/// A TDX quote taken apart: which bytes are what. Whether its signature holds is another question.
///
/// header (48) | version 5: body type (2), body size (4) | body | signature data size (4) |
/// signature data | padding. Integers are little-endian. Bytes behind the signature data belong to
/// nobody and are never read. Source: Intel TDX DCAP Quoting Library API, appendix 3.
public struct TDXQuote: Equatable, Sendable {
    public static let byteCountMax = 65_536

    public enum Report: Equatable, Sendable {
        /// TD report 1.0, 584 bytes.
        case version10
        /// TD report 1.5, 648 bytes.
        case version15

        var byteCount: Int { self == .version10 ? 584 : 648 }
    }

    public let version: Int
    public let report: Report
    /// What the attestation key signs: all before the signature data's size.
    public let signed: Range<Int>
    public let body: Range<Int>
    public let signatureData: Range<Int>
    /// Bit 0 is DEBUG, bits 1 to 7 are its kin, bit 28 is SEPT_VE_DISABLE.
    public let attributes: UInt64

    /// - Throws: `.quoteTooLarge`; `.quoteTruncated` of what ends before its signature data does;
    ///   `.notTDX`, `.quoteVersionNotSupported`, `.attestationKeyNotSupported`, `.vendorNotIntel`
    ///   by the header; `.bodyTypeNotSupported`, `.bodyExtendedNotSupported`, `.bodySizeMismatch`
    ///   by version 5's descriptor; `.signatureMissing` where the signature data has no bytes.
    public init(_ bytes: Span<UInt8>) throws(AttestationError) {
        guard bytes.count <= Self.byteCountMax else {
            throw .quoteTooLarge(byteCountMax: Self.byteCountMax)
        }
        version = try Self.version(of: bytes)
        let bodyStart: Int
        if version == 4 {
            report = .version10
            bodyStart = Self.headerByteCount
        } else {
            report = try Self.describedReport(of: bytes)
            bodyStart = Self.headerByteCount + Self.descriptorByteCount
        }
        body = bodyStart..<(bodyStart + report.byteCount)
        signed = 0..<body.upperBound
        let byteCount = try Self.integer(at: body.upperBound, byteCount: 4, of: bytes)
        let start = body.upperBound + 4
        guard byteCount > 0 else { throw .signatureMissing }
        guard byteCount <= bytes.count - start else {
            throw .quoteTruncated(byteCount: bytes.count)
        }
        signatureData = start..<(start + byteCount)
        var attributes: UInt64 = 0
        for index in 0..<8 {
            attributes |= UInt64(bytes[bodyStart + 120 + index]) << UInt64(8 * index)
        }
        self.attributes = attributes
    }

    /// Whether any bit of the group "TD under debug" is set: the host can then read the enclave.
    public var isUnderDebug: Bool { attributes & 0xFF != 0 }

    public var teeTCBSVN: Range<Int> { field(0, 16) }
    public var mrSEAM: Range<Int> { field(16, 48) }
    public var mrSignerSEAM: Range<Int> { field(64, 48) }
    public var seamAttributes: Range<Int> { field(112, 8) }
    public var xfam: Range<Int> { field(128, 8) }
    public var mrTD: Range<Int> { field(136, 48) }
    public var mrConfigID: Range<Int> { field(184, 48) }
    public var mrOwner: Range<Int> { field(232, 48) }
    public var mrOwnerConfig: Range<Int> { field(280, 48) }
    public var reportData: Range<Int> { field(520, 64) }

    /// One of the four run-time measurement registers.
    public func rtmr(_ index: Int) -> Range<Int> {
        precondition(0..<4 ~= index, "there are four registers")
        return field(328 + 48 * index, 48)
    }

    /// The module and loader versions of now; `teeTCBSVN` has those at the TD's launch.
    public var teeTCBSVN2: Range<Int>? { report == .version15 ? field(584, 16) : nil }
    public var mrServiceTD: Range<Int>? { report == .version15 ? field(600, 48) : nil }

    private func field(_ offset: Int, _ byteCount: Int) -> Range<Int> {
        let start = body.lowerBound + offset
        return start..<(start + byteCount)
    }

    private static let headerByteCount = 48
    private static let descriptorByteCount = 6
    /// ECDSA over P-256 with SHA-256.
    private static let attestationKeyType = 2
    private static let teeTypeTDX = 0x81
    private static let vendor: [UInt8] = [
        0x93, 0x9A, 0x72, 0x33, 0xF7, 0x9C, 0x4C, 0xA9,
        0x94, 0x0A, 0x0D, 0xB3, 0x95, 0x7F, 0x06, 0x07,
    ]

    /// Checks the header. The kind of machine comes first, so that an SGX quote hears what it is.
    private static func version(of bytes: Span<UInt8>) throws(AttestationError) -> Int {
        guard bytes.count >= headerByteCount else {
            throw .quoteTruncated(byteCount: bytes.count)
        }
        guard try integer(at: 4, byteCount: 4, of: bytes) == teeTypeTDX else { throw .notTDX }
        let version = try integer(at: 0, byteCount: 2, of: bytes)
        guard version == 4 || version == 5 else { throw .quoteVersionNotSupported(version) }
        let keyType = try integer(at: 2, byteCount: 2, of: bytes)
        guard keyType == attestationKeyType else { throw .attestationKeyNotSupported(keyType) }
        guard bytes.extracting(12..<28).equals(vendor.span) else { throw .vendorNotIntel }
        return version
    }

    /// Reads version 5's descriptor.
    private static func describedReport(of bytes: Span<UInt8>) throws(AttestationError) -> Report {
        let type = try integer(at: headerByteCount, byteCount: 2, of: bytes)
        let byteCount = try integer(at: headerByteCount + 2, byteCount: 4, of: bytes)
        let report: Report
        switch type {
        case 1: throw .notTDX
        case 2: report = .version10
        case 3: report = .version15
        case 4: throw .bodyExtendedNotSupported
        default: throw .bodyTypeNotSupported(type)
        }
        guard byteCount == report.byteCount else { throw .bodySizeMismatch(byteCount) }
        return report
    }

    private static func integer(
        at offset: Int, byteCount: Int, of bytes: Span<UInt8>
    ) throws(AttestationError) -> Int {
        guard offset <= bytes.count, bytes.count - offset >= byteCount else {
            throw .quoteTruncated(byteCount: bytes.count)
        }
        var value = 0
        for index in 0..<byteCount { value |= Int(bytes[offset + index]) << (8 * index) }
        return value
    }
}
