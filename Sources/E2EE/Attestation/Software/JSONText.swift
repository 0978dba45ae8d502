import Bytes

/// JSON inside JSON: an array or object as it stands, or the text that a string holds.
struct JSONText {
    let bytes: [UInt8]

    /// nil where the value is absent or null.
    init?(_ value: JSONValue?, in json: Span<UInt8>) {
        guard let value, value.kind != .null else { return nil }
        bytes = Claim(value, in: json)?.text ?? json.extracting(value.range).array
    }
}
