import Bytes

/// What the reply says in one member, believed by nobody yet.
enum Claim: Equatable, Sendable {
    /// A string, its escapes resolved.
    case text([UInt8])
    /// A number as it is spelled: a `Double` would round what the keyset's digest needs exact.
    case number([UInt8])
    case bool(Bool)
    case container

    /// nil where the member is absent or null, which say the same.
    init?(_ value: JSONValue?, in bytes: Span<UInt8>) {
        guard let value else { return nil }
        switch value.kind {
        case .string:
            var text = Buffer()
            JSONString.decode(value, in: bytes, to: &text)
            self = .text(text.readable.array)
        case .number: self = .number(bytes.extracting(value.range).array)
        case .bool(let isTrue): self = .bool(isTrue)
        case .object, .array: self = .container
        case .null: return nil
        }
    }

    var text: [UInt8]? {
        guard case .text(let bytes) = self else { return nil }
        return bytes
    }
}
