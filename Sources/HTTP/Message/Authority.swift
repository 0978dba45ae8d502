import Bytes

/// A host and perhaps a port, as Host and the authority of a target spell them. Source: RFC 9112,
/// section 3.2; RFC 3986, section 3.2.
///
/// Narrower than the grammar: a name has letters, digits, `-`, `.` and `_`; user information,
/// percent signs, an empty port and address scopes are refused, because no local client needs them
/// and two readers may disagree about them.
public struct Authority: Equatable, Sendable {
    /// The host, an IPv6 address with its brackets.
    public var host: Range<Int>
    public var port: Int?

    /// Nil where `range` of `bytes` is no authority.
    public init?(_ range: Range<Int>, in bytes: Span<UInt8>) {
        let text = bytes.extracting(range)
        guard let first = text.first else { return nil }
        let hostCount: Int
        if first == .ascii("[") {
            guard let close = text.firstIndex(of: .ascii("]")) else { return nil }
            guard Self.isAddress(text.extracting(1..<close)) else { return nil }
            hostCount = close + 1
        } else {
            hostCount = text.firstIndex(of: .colon) ?? text.count
            guard Self.isName(text.extracting(0..<hostCount)) else { return nil }
        }
        host = range.lowerBound..<(range.lowerBound + hostCount)
        guard hostCount < text.count else { return }
        let digits = text.extracting((hostCount + 1)..<text.count)
        guard text[hostCount] == .colon, digits.count <= 5, let port = digits.decimal,
            port <= 65_535
        else { return nil }
        self.port = port
    }

    private static func isName(_ text: Span<UInt8>) -> Bool {
        for index in 0..<text.count {
            let byte = text[index]
            guard
                byte.isLetter || byte.isDigit || byte == .ascii("-") || byte == .ascii(".")
                    || byte == .ascii("_")
            else { return false }
        }
        return !text.isEmpty
    }

    /// Whether the bytes are those of an IPv6 address; their order is not checked.
    private static func isAddress(_ text: Span<UInt8>) -> Bool {
        for index in 0..<text.count {
            let byte = text[index]
            guard byte.hexDigitValue != nil || byte == .colon || byte == .ascii(".") else {
                return false
            }
        }
        return text.count >= 2 && text.firstIndex(of: .colon) != nil
    }
}
