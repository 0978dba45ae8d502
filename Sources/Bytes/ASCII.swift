/// The bytes of ASCII that the wire formats name.
extension UInt8 {
    @inlinable public static var tab: UInt8 { 0x09 }
    @inlinable public static var lineFeed: UInt8 { 0x0A }
    @inlinable public static var carriageReturn: UInt8 { 0x0D }
    @inlinable public static var space: UInt8 { 0x20 }
    @inlinable public static var quote: UInt8 { 0x22 }
    @inlinable public static var comma: UInt8 { 0x2C }
    @inlinable public static var slash: UInt8 { 0x2F }
    @inlinable public static var colon: UInt8 { 0x3A }
    @inlinable public static var backslash: UInt8 { 0x5C }

    /// The byte of an ASCII literal, checked when the literal is folded.
    @inlinable
    public static func ascii(_ scalar: Unicode.Scalar) -> UInt8 {
        UInt8(ascii: scalar)
    }

    /// `0`…`9`.
    @inlinable public var isDigit: Bool { self &- 0x30 < 10 }
    /// White space of JSON. Source: RFC 8259, section 2.
    @inlinable public var isBlank: Bool {
        self == .space || self == .tab || self == .lineFeed || self == .carriageReturn
    }
    /// `a`…`z` or `A`…`Z`.
    @inlinable public var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }
    /// The lower-case letter of an upper-case one; anything else unchanged.
    @inlinable public var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

    /// The value of a hexadecimal digit, nil for any other byte.
    @inlinable public var hexDigitValue: UInt8? {
        if isDigit { return self &- 0x30 }
        let letter = (self | 0x20) &- 0x61
        return letter < 6 ? letter + 10 : nil
    }
}
