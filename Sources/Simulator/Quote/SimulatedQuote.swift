/// A TDX quote to be signed: what its header and body say. The initial values are those of a sound
/// machine. Source: Intel TDX DCAP Quoting Library API, appendix 3.
public struct SimulatedQuote: Sendable {
    public enum Report: Sendable {
        /// TD report 1.0, 584 bytes.
        case version10
        /// TD report 1.5, 648 bytes; version 5 of the quote only.
        case version15
    }

    public var version: UInt16 = 4
    public var report = Report.version10
    public var teeType: UInt32 = 0x81
    public var attestationKeyType: UInt16 = 2
    public var vendor: [UInt8] = [
        0x93, 0x9A, 0x72, 0x33, 0xF7, 0x9C, 0x4C, 0xA9,
        0x94, 0x0A, 0x0D, 0xB3, 0x95, 0x7F, 0x06, 0x07,
    ]
    /// Module SVN, module version, loader SVN.
    public var teeTCBSVN: [UInt8] = Self.soundTCBSVN
    public var mrSEAM = Self.measurement("module")
    public var mrSignerSEAM = Self.nothing
    public var seamAttributes: UInt64 = 0
    /// SEPT_VE_DISABLE alone.
    public var attributes: UInt64 = 1 << 28
    public var xfam: UInt64 = 0x0006_02E7
    public var mrTD = Self.measurement("firmware")
    public var mrConfigID = Self.nothing
    public var mrOwner = Self.nothing
    public var mrOwnerConfig = Self.nothing
    public var rtmrs = (0..<4).map { Self.measurement("register \($0)") }
    public var reportData: [UInt8]
    /// The versions that run now; report 1.5 only.
    public var teeTCBSVN2: [UInt8] = Self.soundTCBSVN
    /// Report 1.5 only.
    public var mrServiceTD = Self.nothing

    static let soundTCBSVN: [UInt8] = [5, 1, 3] + [UInt8](repeating: 0, count: 13)
    private static let nothing = [UInt8](repeating: 0, count: 48)

    /// - `reportData`: 64 bytes that the quote binds.
    public init(reportData: [UInt8]) {
        precondition(reportData.count == 64, "a quote binds 64 bytes")
        self.reportData = reportData
    }

    /// A value that nobody takes for a real machine's.
    static func measurement(_ name: String) -> [UInt8] {
        Hash.sha384(Array("simulated \(name)".utf8))
    }

    /// All before the size of the signature data.
    public var message: [UInt8] {
        var message = version.littleEndianBytes + attestationKeyType.littleEndianBytes
        message += teeType.littleEndianBytes + [0, 0, 0, 0] + vendor
        message += [UInt8](repeating: 0, count: 20)
        let body = self.body
        if version == 5 {
            let type: UInt16 = report == .version10 ? 2 : 3
            message += type.littleEndianBytes + UInt32(body.count).littleEndianBytes
        }
        return message + body
    }

    private var body: [UInt8] {
        var body = teeTCBSVN + mrSEAM + mrSignerSEAM + seamAttributes.littleEndianBytes
        body += attributes.littleEndianBytes + xfam.littleEndianBytes
        body += mrTD + mrConfigID + mrOwner + mrOwnerConfig
        body += rtmrs.flatMap { $0 } + reportData
        if report == .version15 { body += teeTCBSVN2 + mrServiceTD }
        return body
    }

    /// The whole quote.
    public func signed(by enclave: QuotingEnclave) throws(SimulatorError) -> [UInt8] {
        let message = self.message
        return message + (try enclave.signatureData(over: message))
    }
}
