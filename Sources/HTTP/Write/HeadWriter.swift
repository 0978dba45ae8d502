public import Bytes

/// What request and response heads have in common: fields and their end. Nothing is written when a
/// value is refused, so that no value of a stranger can add a field or a message. Source: RFC 9110,
/// section 5.5; RFC 9112, section 5.
public protocol HeadWriter {}

extension HeadWriter {
    /// Appends a field.
    /// - `name`: a token, in the case in which it is to be sent.
    /// - Throws: `.badFieldValue` where the value holds CR, LF, NUL or another control character.
    public static func field(
        _ name: StaticString, _ value: Span<UInt8>, to output: inout Buffer
    ) throws(HTTPError) {
        guard value.isFieldValue else { throw .badFieldValue }
        output.append(name)
        output.append(": ")
        output.append(value)
        output.append("\r\n")
    }

    public static func field(
        _ name: StaticString, _ value: String, to output: inout Buffer
    ) throws(HTTPError) {
        try field(name, value.utf8Span.span, to: &output)
    }

    /// Appends a field whose value is a number in decimal digits.
    public static func field(_ name: StaticString, decimal value: Int, to output: inout Buffer) {
        output.append(name)
        output.append(": ")
        output.append(decimal: value)
        output.append("\r\n")
    }

    /// Appends the empty line that ends a head.
    public static func end(to output: inout Buffer) {
        output.append("\r\n")
    }
}
