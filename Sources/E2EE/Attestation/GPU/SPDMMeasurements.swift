import Bytes

/// What a device signed, taken apart: the question it was asked and its answer, which bytes are
/// what. Whether the signature holds is another question.
///
/// request (37): 11 E0 | attributes | FF | nonce (32) | slot. response: 11 60 | two bytes |
/// block count | record length (3) | record | nonce (32) | opaque length (2) | opaque fields |
/// signature (96). record: index, specification (1), size (2), then type, size (2), value of each
/// block. Opaque field: identifier (2), length (2), data. Integers are little-endian. Source: DMTF
/// DSP0274 1.1, section 10.11 (GET_MEASUREMENTS); the fields are NVIDIA's.
struct SPDMMeasurements: Equatable {
    static let byteCountMax = 16_384

    let nonce: Range<Int>
    let signed: Range<Int>
    let signature: Range<Int>
    let blockCount: Int
    private(set) var driverVersion: Range<Int>?
    private(set) var vbiosVersion: Range<Int>?
    private(set) var firmwareID: Range<Int>?

    /// - Throws: `.gpuEvidenceMalformed`.
    init(_ bytes: Span<UInt8>) throws(AttestationError) {
        guard bytes.count <= Self.byteCountMax else { throw .gpuEvidenceMalformed }
        var cursor = FieldCursor(0..<bytes.count)
        guard let request = cursor.field(4), bytes[request.lowerBound] == Self.version,
            bytes[request.lowerBound + 1] == Self.getMeasurements,
            bytes[request.lowerBound + 2] & Self.wantsSignature != 0,
            bytes[request.lowerBound + 3] == Self.allBlocks,
            let nonce = cursor.field(AttestationNonce.byteCount), cursor.field(1) != nil,
            let response = cursor.field(4), bytes[response.lowerBound] == Self.version,
            bytes[response.lowerBound + 1] == Self.measurements,
            let count = cursor.field(1), let length = cursor.field(3),
            let record = cursor.field(Self.integer(length, in: bytes)),
            cursor.field(AttestationNonce.byteCount) != nil,
            let opaqueByteCount = cursor.integer16(in: bytes),
            let opaque = cursor.field(opaqueByteCount),
            let signature = cursor.field(ECDSAPublicKey.Curve.p384.signatureByteCount),
            cursor.byteCount == 0
        else { throw .gpuEvidenceMalformed }
        self.nonce = nonce
        self.signature = signature
        signed = 0..<signature.lowerBound
        blockCount = Int(bytes[count.lowerBound])
        try Self.check(record, blockCount: blockCount, in: bytes)
        try read(opaque, in: bytes)
    }

    private static let version: UInt8 = 0x11
    private static let getMeasurements: UInt8 = 0xE0
    private static let measurements: UInt8 = 0x60
    private static let wantsSignature: UInt8 = 0x01
    private static let allBlocks: UInt8 = 0xFF

    /// The blocks are numbered from one and fill the record.
    private static func check(
        _ record: Range<Int>, blockCount: Int, in bytes: Span<UInt8>
    ) throws(AttestationError) {
        var cursor = FieldCursor(record)
        for number in 0..<blockCount {
            guard let head = cursor.field(2), Int(bytes[head.lowerBound]) == number + 1,
                bytes[head.lowerBound + 1] == 1, let byteCount = cursor.integer16(in: bytes),
                cursor.field(1) != nil, let valueByteCount = cursor.integer16(in: bytes),
                byteCount == valueByteCount + 3, cursor.field(valueByteCount) != nil
            else { throw .gpuEvidenceMalformed }
        }
        guard cursor.byteCount == 0, blockCount > 0 else { throw .gpuEvidenceMalformed }
    }

    private mutating func read(
        _ opaque: Range<Int>, in bytes: Span<UInt8>
    ) throws(AttestationError) {
        var cursor = FieldCursor(opaque)
        while cursor.byteCount > 0 {
            guard let identifier = cursor.integer16(in: bytes),
                let byteCount = cursor.integer16(in: bytes), let data = cursor.field(byteCount)
            else { throw .gpuEvidenceMalformed }
            switch identifier {
            case 3: try Self.set(&driverVersion, data)
            case 6: try Self.set(&vbiosVersion, data)
            case 20: try Self.set(&firmwareID, data)
            default: break
            }
        }
    }

    /// A field that stands twice would mean whatever its reader likes.
    private static func set(
        _ field: inout Range<Int>?, _ data: Range<Int>
    ) throws(AttestationError) {
        guard field == nil else { throw .gpuEvidenceMalformed }
        field = data
    }

    private static func integer(_ field: Range<Int>, in bytes: Span<UInt8>) -> Int {
        var value = 0
        for index in field.reversed() { value = value << 8 | Int(bytes[index]) }
        return value
    }
}
