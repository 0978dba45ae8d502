import Bytes

/// The fields of a head, in their order. The bytes stay with the caller, who lends them at every
/// call.
public struct HeaderList: Equatable, Sendable {
    public var fields: [HeaderField]

    public init(fields: [HeaderField] = []) {
        self.fields = fields
    }

    /// The value of the first field of that name; names are compared without regard to case.
    public func first(_ lowercaseName: StaticString, in bytes: Span<UInt8>) -> Range<Int>? {
        for field in fields where bytes.extracting(field.name).equalsIgnoringCase(lowercaseName) {
            return field.value
        }
        return nil
    }

    /// How many fields have that name.
    public func count(of lowercaseName: StaticString, in bytes: Span<UInt8>) -> Int {
        var count = 0
        for field in fields where bytes.extracting(field.name).equalsIgnoringCase(lowercaseName) {
            count += 1
        }
        return count
    }

    /// Whether a comma-separated list, over all fields of that name, has the element
    /// `lowercaseToken`. Source: RFC 9110, section 5.6.1.
    public func contains(
        _ lowercaseToken: StaticString, inListsOf lowercaseName: StaticString,
        in bytes: Span<UInt8>
    ) -> Bool {
        for field in fields where bytes.extracting(field.name).equalsIgnoringCase(lowercaseName) {
            var elements = ListElements(field.value)
            while let element = elements.next(in: bytes) {
                if bytes.extracting(element).equalsIgnoringCase(lowercaseToken) { return true }
            }
        }
        return false
    }
}
