/// Percent-encoding of a query or path component. Source: RFC 3986, sections 2.1 and 2.3.
public enum PercentEncoding {
    /// Appends `bytes` with everything but unreserved characters as `%XX`.
    public static func encode(_ bytes: Span<UInt8>, to output: inout Buffer) {
        for index in 0..<bytes.count {
            let byte = bytes[index]
            if byte.isLetter || byte.isDigit || isUnreservedMark(byte) {
                output.append(byte)
            } else {
                output.append(.ascii("%"))
                output.append(upperDigit(byte >> 4))
                output.append(upperDigit(byte & 15))
            }
        }
    }

    /// The bytes with every `%XX` resolved; nil where a percent sign is not followed by two digits.
    public static func decode(_ bytes: Span<UInt8>) -> [UInt8]? {
        var output: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == .ascii("%") else {
                output.append(bytes[index])
                index += 1
                continue
            }
            guard index + 2 < bytes.count, let high = bytes[index + 1].hexDigitValue,
                let low = bytes[index + 2].hexDigitValue
            else { return nil }
            output.append(high << 4 | low)
            index += 3
        }
        return output
    }

    private static func isUnreservedMark(_ byte: UInt8) -> Bool {
        switch byte {
        case .ascii("-"), .ascii("."), .ascii("_"), .ascii("~"): true
        default: false
        }
    }

    private static func upperDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : 0x37 + value
    }
}
