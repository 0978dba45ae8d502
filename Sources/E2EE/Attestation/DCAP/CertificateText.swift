import Bytes

/// Certificates in text armour, one behind the other. Source: RFC 7468.
enum CertificateText {
    private static let begin: StaticString = "-----BEGIN CERTIFICATE-----"
    private static let end: StaticString = "-----END CERTIFICATE-----"

    /// The certificates in DER; nil where anything but white space stands between them, or white
    /// space and zero bytes around all of them.
    /// - `countMax`: more than that many are none.
    static func certificates(in text: Span<UInt8>, countMax: Int) -> [[UInt8]]? {
        var found: [[UInt8]] = []
        var rest = trimmed(text)
        while !rest.isEmpty {
            guard found.count < countMax, rest.starts(with: begin),
                let stop = rest.firstRange(of: end, from: begin.utf8CodeUnitCount),
                let der = decode(rest.extracting(begin.utf8CodeUnitCount..<stop.lowerBound))
            else { return nil }
            found.append(der)
            rest = rest.extracting(skipSpace(in: rest, from: stop.upperBound)..<rest.count)
        }
        return found
    }

    private static func decode(_ armoured: Span<UInt8>) -> [UInt8]? {
        var text = Buffer(capacity: armoured.count)
        for index in 0..<armoured.count where !isLineEnd(armoured[index]) {
            let byte = armoured[index]
            // Letters of the other alphabet, which armour does not have.
            guard byte != .ascii("-"), byte != .ascii("_") else { return nil }
            text.append(byte)
        }
        var der = Buffer()
        guard text.count.isMultiple(of: 4), (try? Base64.decode(text.readable, to: &der)) != nil
        else { return nil }
        return der.readable.array
    }

    @_lifetime(copy text)
    private static func trimmed(_ text: Span<UInt8>) -> Span<UInt8> {
        var (lower, upper) = (0, text.count)
        while lower < upper, text[lower] == 0 || isSpace(text[lower]) { lower += 1 }
        while lower < upper, text[upper - 1] == 0 || isSpace(text[upper - 1]) { upper -= 1 }
        return text.extracting(lower..<upper)
    }

    private static func skipSpace(in text: Span<UInt8>, from start: Int) -> Int {
        var offset = start
        while offset < text.count, isSpace(text[offset]) { offset += 1 }
        return offset
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == .space || byte == .tab || isLineEnd(byte)
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool {
        byte == .lineFeed || byte == .carriageReturn
    }
}
