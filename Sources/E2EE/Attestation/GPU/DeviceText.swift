import Bytes

/// What devices say of themselves, as text that may be shown.
enum DeviceText {
    private static let byteCountMax = 32

    /// Letters, digits, points, hyphens and underscores, with zero bytes at the end left out; nil
    /// of anything else.
    static func version(_ bytes: Span<UInt8>) -> String? {
        var end = bytes.count
        while end > 0, bytes[end - 1] == 0 { end -= 1 }
        guard 1...byteCountMax ~= end else { return nil }
        for index in 0..<end {
            let byte = bytes[index]
            guard
                byte.isDigit || byte.isLetter || byte == .ascii(".") || byte == .ascii("-")
                    || byte == .ascii("_")
            else { return nil }
        }
        return bytes.extracting(0..<end).text
    }

    /// A VBIOS version: eight bytes of a GPU, of which the upper four are turned around and the
    /// fifth is the last part (`00 CF 00 96 02` is 96.00.CF.00.02); text of a switch.
    static func vbiosVersion(_ bytes: Span<UInt8>) -> String? {
        guard bytes.count == 8 else { return version(bytes) }
        let parts = [3, 2, 1, 0, 4].map { index in
            let digits: [UInt8] = [bytes[index]]
            return Hex.string(digits.span).uppercased()
        }
        return parts.joined(separator: ".")
    }
}
