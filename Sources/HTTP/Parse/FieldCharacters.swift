import Bytes

extension UInt8 {
    /// Whether the byte may stand in a token. Source: RFC 9110, section 5.6.2.
    var isTokenCharacter: Bool {
        if isLetter || isDigit { return true }
        return switch self {
        case .ascii("!"), .ascii("#"), .ascii("$"), .ascii("%"), .ascii("&"), .ascii("'"),
            .ascii("*"), .ascii("+"), .ascii("-"), .ascii("."), .ascii("^"), .ascii("_"),
            .ascii("`"), .ascii("|"), .ascii("~"):
            true
        default: false
        }
    }

    /// Whether the byte may stand in a field's value. Source: RFC 9110, section 5.5.
    var isFieldValueCharacter: Bool { self >= 0x20 && self != 0x7F || self == .tab }

    /// Whether the byte is one of the printable ASCII characters without the space.
    var isVisibleCharacter: Bool { self > 0x20 && self < 0x7F }
}

extension Span<UInt8> {
    var isToken: Bool {
        for index in 0..<count where !self[index].isTokenCharacter { return false }
        return !isEmpty
    }

    var isFieldValue: Bool {
        for index in 0..<count where !self[index].isFieldValueCharacter { return false }
        return true
    }
}
