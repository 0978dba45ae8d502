import Bytes

/// Binary in text armour. Source: RFC 7468.
enum PEM {
    private static let lineByteCount = 64

    static func text(_ label: String, _ bytes: [UInt8]) -> String {
        var encoded = Buffer()
        Base64.encode(bytes.span, to: &encoded)
        var text = "-----BEGIN \(label)-----\n"
        var start = 0
        while start < encoded.count {
            let end = min(start + lineByteCount, encoded.count)
            text += encoded.readable.extracting(start..<end).text + "\n"
            start = end
        }
        return text + "-----END \(label)-----\n"
    }
}
