import Bytes

// Members of Intel's documents, each in the one form it may have.

extension JSONMembers {
    /// The members of a whole document; nil where it is not one JSON object.
    init?(checking json: Span<UInt8>) {
        guard (try? JSONDocument.check(json)) != nil else { return nil }
        self.init(JSONDocument.root(of: json), in: json)
    }

    /// A whole number from zero to `max`.
    func number(_ name: StaticString, max: Int, in json: Span<UInt8>) -> Int? {
        guard let number = value(name, in: json)?.decimal(in: json), number <= max else {
            return nil
        }
        return number
    }

    /// A string that spells this many bytes in hexadecimal.
    func hex(_ name: StaticString, byteCount: Int, in json: Span<UInt8>) -> [UInt8]? {
        guard let bytes = bytes(name, in: json), bytes.count == byteCount else { return nil }
        return bytes
    }

    /// A string that spells bytes in hexadecimal.
    func bytes(_ name: StaticString, in json: Span<UInt8>) -> [UInt8]? {
        guard let digits = claim(name, in: json)?.text else { return nil }
        return Hex.bytes(digits.span)
    }

    /// Unix seconds.
    func time(_ name: StaticString, in json: Span<UInt8>) -> Int? {
        guard let text = claim(name, in: json)?.text else { return nil }
        return CalendarTime.seconds(rfc3339: text.span)
    }

    /// Unix seconds from a document's issue to its next update, the first second outside.
    func validity(in json: Span<UInt8>) -> Range<Int>? {
        guard let start = time("issueDate", in: json), let end = time("nextUpdate", in: json),
            start <= end
        else { return nil }
        return start..<end
    }
}

extension JSONValue {
    /// The elements of an array; nil for anything else.
    func elements(in json: Span<UInt8>) -> [JSONValue]? {
        guard kind == .array else { return nil }
        var elements: [JSONValue] = []
        forEachElement(in: json) { elements.append($0) }
        return elements
    }
}
