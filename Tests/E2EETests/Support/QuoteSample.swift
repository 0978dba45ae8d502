@testable import E2EE

/// A quote built from scratch. Its signature is filler: the checks of this storey do not look at
/// it.
struct QuoteSample: Sendable {
    var version: UInt16 = 4
    var keyType: UInt16 = 2
    var teeType: UInt32 = 0x81
    var vendor = fromHex("939a7233f79c4ca9940a0db3957f0607")
    var bodyType: UInt16 = 3
    /// nil: as long as the body is.
    var describedByteCount: UInt32?
    var attributes: UInt64 = 1 << 28
    var reportData = [UInt8](repeating: 0, count: 64)
    var signature = [UInt8](repeating: 0xAA, count: 200)
    /// nil: as long as the signature data is.
    var declaredByteCount: UInt32?
    var padding: [UInt8] = []

    var bytes: [UInt8] {
        let body = self.body
        var quote = littleEndian(version) + littleEndian(keyType) + littleEndian(teeType)
        quote += [0, 0, 0, 0] + vendor + [UInt8](repeating: 0x77, count: 20)
        if version == 5 {
            quote += littleEndian(bodyType)
            quote += littleEndian(describedByteCount ?? UInt32(body.count))
        }
        quote += body
        quote += littleEndian(declaredByteCount ?? UInt32(signature.count))
        return quote + signature + padding
    }

    /// Every byte of a field is its offset in the body, shortened: so a wrong offset shows.
    private var body: [UInt8] {
        let count = version == 5 && bodyType == 3 ? 648 : bodyType == 4 && version == 5 ? 885 : 584
        var body = (0..<count).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8) }
        body.replaceSubrange(120..<128, with: littleEndian(attributes))
        body.replaceSubrange(520..<584, with: reportData)
        return body
    }
}
