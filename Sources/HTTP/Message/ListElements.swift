import Bytes

/// Splits a comma-separated value into its elements, empty ones included. Source: RFC 9110,
/// section 5.6.1. (Lists of quoted strings are not split rightly; no field read here has them.)
struct ListElements {
    private var rest: Range<Int>?

    init(_ value: Range<Int>) {
        rest = value
    }

    /// The next element without the white space around it; nil after the last.
    mutating func next(in bytes: Span<UInt8>) -> Range<Int>? {
        guard let range = rest else { return nil }
        let comma = bytes.extracting(range).firstIndex(of: .comma)
        guard let comma else {
            rest = nil
            return bytes.trimmed(range)
        }
        let end = range.lowerBound + comma
        rest = (end + 1)..<range.upperBound
        return bytes.trimmed(range.lowerBound..<end)
    }
}
