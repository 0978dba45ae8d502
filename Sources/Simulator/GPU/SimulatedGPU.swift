/// What a simulated GPU signs when it is asked for its measurements; spoil a field before signing.
/// Source: DMTF DSP0274 1.1, section 10.11; the opaque fields are NVIDIA's.
public struct SimulatedGPU: Sendable {
    public static let firmwareID = [UInt8](repeating: 0xF1, count: 48)

    /// Version, code, attributes and blocks of the question, and version and code of the answer.
    public var request: [UInt8] = [0x11, 0xE0, 0x01, 0xFF]
    public var response: [UInt8] = [0x11, 0x60]
    /// 32 bytes.
    public var nonce: [UInt8]
    public var blockCount: UInt8 = 64
    /// What follows the blocks inside the record.
    public var recordTail: [UInt8] = []
    /// In the order in which they are written.
    public var opaque: [(identifier: Int, data: [UInt8])] = [
        (6, [0x00, 0xCF, 0x00, 0x96, 0x02, 0, 0, 0]), (3, Array("570.172.08".utf8) + [0]),
        (11, [0x55]), (20, SimulatedGPU.firmwareID),
    ]
    /// What follows the signature.
    public var tail: [UInt8] = []

    public init(nonce: [UInt8]) { self.nonce = nonce }

    /// All that is signed.
    public var content: [UInt8] {
        var record: [UInt8] = []
        for number in 0..<blockCount {
            record += [number + 1, 1] + (51 as Int).twoBytes + [1] + (48 as Int).twoBytes
            record += [UInt8](repeating: number, count: 48)
        }
        record += recordTail
        var fields: [UInt8] = []
        for (identifier, data) in opaque {
            fields += identifier.twoBytes + data.count.twoBytes + data
        }
        let length = record.count
        return request + nonce + [0] + response + [0, 0, blockCount]
            + [UInt8(length & 0xFF), UInt8(length >> 8 & 0xFF), UInt8(length >> 16)] + record
            + [UInt8](repeating: 0xA5, count: 32) + fields.count.twoBytes + fields
    }

    /// The question and the signed answer.
    public func signed(by key: ECKey) throws(SimulatorError) -> [UInt8] {
        let content = content
        return content + (try key.rawSignature(over: content)) + tail
    }
}

extension Int {
    /// Little-endian.
    fileprivate var twoBytes: [UInt8] { [UInt8(self & 0xFF), UInt8(self >> 8 & 0xFF)] }
}
