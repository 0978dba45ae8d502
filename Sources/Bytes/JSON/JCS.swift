/// The canonical form of a JSON value: the same bytes for the same value, to be hashed. No white
/// space, members in the order of their names' UTF-16 units, the shortest escapes.
/// Source: RFC 8785.
///
/// Numbers are whole and of 64 bits, signed or unsigned, and written exactly: RFC 8785 would round
/// them to doubles, and the digests that are made here count on 18446744073709551615.
public enum JCS {
    public enum Failure: Error, Equatable, Sendable {
        /// A number that is not whole or does not fit 64 bits; `offset` is where it stands.
        case notInteger(offset: Int)
    }

    /// Appends the canonical form of `value` to `output`; of a refused value, a part of it.
    /// - `value`: of a text that `JSONDocument.check` has passed.
    /// - `restoresMaximum`: takes the spellings that a detour through a double gives to the largest
    ///   number for that number.
    /// - Throws: `.notInteger`.
    /// - Cost: in proportion to the text, and to each object's members times their logarithm.
    public static func append(
        _ value: JSONValue, in bytes: Span<UInt8>, restoresMaximum: Bool = false,
        to output: inout Buffer
    ) throws(Failure) {
        switch value.kind {
        case .null, .bool: output.append(bytes.extracting(value.range))
        case .string: append(string: value, in: bytes, to: &output)
        case .number:
            let digits = bytes.extracting(value.range)
            if restoresMaximum, isRoundedMaximum(digits) {
                output.append("18446744073709551615")
            } else {
                guard isInteger(digits) else {
                    throw .notInteger(offset: value.range.lowerBound)
                }
                output.append(digits)
            }
        case .array:
            var separator = UInt8.ascii("[")
            for element in elements(of: value, in: bytes) {
                output.append(separator)
                separator = .comma
                try append(element, in: bytes, restoresMaximum: restoresMaximum, to: &output)
            }
            if separator != .comma { output.append(separator) }
            output.append(.ascii("]"))
        case .object:
            var separator = UInt8.ascii("{")
            for member in members(of: value, in: bytes) {
                output.append(separator)
                separator = .comma
                append(string: member.key, in: bytes, to: &output)
                output.append(.colon)
                try append(member.value, in: bytes, restoresMaximum: restoresMaximum, to: &output)
            }
            if separator != .comma { output.append(separator) }
            output.append(.ascii("}"))
        }
    }

    /// Appends `text` (valid UTF-8) as a canonical string with its quotes.
    public static func append(string text: Span<UInt8>, to output: inout Buffer) {
        output.append(.quote)
        for index in 0..<text.count {
            switch text[index] {
            case .quote, .backslash:
                output.append(.backslash)
                output.append(text[index])
            case 0x08: output.append("\\b")
            case 0x0C: output.append("\\f")
            case .lineFeed: output.append("\\n")
            case .carriageReturn: output.append("\\r")
            case .tab: output.append("\\t")
            case 0..<0x20:
                output.append("\\u00")
                Hex.encode(text.extracting(index..<(index + 1)), to: &output)
            default: output.append(text[index])
            }
        }
        output.append(.quote)
    }

    /// "No limit" after a detour through a double, in the spellings that JSON writers give it.
    public static func isRoundedMaximum(_ digits: Span<UInt8>) -> Bool {
        digits.equals("18446744073709552000") || digits.equalsIgnoringCase("1.8446744073709552e19")
            || digits.equalsIgnoringCase("1.8446744073709552e+19")
    }

    private static func append(
        string value: JSONValue, in bytes: Span<UInt8>, to output: inout Buffer
    ) {
        var text = Buffer()
        JSONString.decode(value, in: bytes, to: &text)
        append(string: text.readable, to: &output)
    }

    /// Whether a number is its own canonical form. (Zero with a sign is not whole: it is a double.)
    private static func isInteger(_ digits: Span<UInt8>) -> Bool {
        guard !digits.equals("-0") else { return false }
        let text = digits.text
        return Int64(text) != nil || UInt64(text) != nil
    }

    private static func elements(of value: JSONValue, in bytes: Span<UInt8>) -> [JSONValue] {
        var elements: [JSONValue] = []
        value.forEachElement(in: bytes) { elements.append($0) }
        return elements
    }

    private static func members(
        of value: JSONValue, in bytes: Span<UInt8>
    ) -> [(key: JSONValue, value: JSONValue)] {
        var members: [(units: [UInt16], key: JSONValue, value: JSONValue)] = []
        value.forEachMember(in: bytes) { key, member in
            members.append((Array(JSONString.text(key, in: bytes).utf16), key, member))
        }
        members.sort { $0.units.lexicographicallyPrecedes($1.units) }
        return members.map { ($0.key, $0.value) }
    }
}
