import Bytes

/// The members of one object in a text that was checked before: where they stand, none of their
/// bytes.
struct JSONMembers {
    private(set) var members: [(key: JSONValue, value: JSONValue)] = []

    /// nil where `value` is absent or no object.
    init?(_ value: JSONValue?, in bytes: Span<UInt8>) {
        guard let value, value.kind == .object else { return nil }
        var cursor = JSONCursor(at: value.range.lowerBound)
        do throws(JSONError) {
            try cursor.beginObject(in: bytes)
            while let key = try cursor.nextKey(in: bytes) {
                members.append((key, try cursor.value(in: bytes)))
            }
        } catch {
            return nil
        }
    }

    var count: Int { members.count }

    func value(_ name: StaticString, in bytes: Span<UInt8>) -> JSONValue? {
        members.first { JSONString.matches($0.key, name, in: bytes) }?.value
    }

    func object(_ name: StaticString, in bytes: Span<UInt8>) -> JSONMembers? {
        JSONMembers(value(name, in: bytes), in: bytes)
    }

    func claim(_ name: StaticString, in bytes: Span<UInt8>) -> Claim? {
        Claim(value(name, in: bytes), in: bytes)
    }

    /// The claims of those `names` that are there, in the order asked for.
    func claims(_ names: StaticString..., in bytes: Span<UInt8>) -> [Claim] {
        var claims: [Claim] = []
        for name in names {
            if let claim = claim(name, in: bytes) { claims.append(claim) }
        }
        return claims
    }
}
