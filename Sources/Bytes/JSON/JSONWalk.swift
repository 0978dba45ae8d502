// Walks over a text that `JSONDocument.check` has passed. In such a text nothing can go wrong on
// the way; in any other the walk ends where the text stops being JSON.

extension JSONDocument {
    /// The whole text as one value, once it was checked; nil where it is not strict JSON.
    public static func checkedRoot(of bytes: Span<UInt8>) -> JSONValue? {
        do throws(JSONError) { try check(bytes) } catch { return nil }
        return root(of: bytes)
    }

    /// The whole text as one value; nil where it is none.
    public static func root(of bytes: Span<UInt8>) -> JSONValue? {
        var cursor = JSONCursor()
        return try? cursor.value(in: bytes)
    }
}

extension JSONValue {
    /// Visits every member of an object; anything else has none.
    public func forEachMember<Failure: Error>(
        in bytes: Span<UInt8>,
        _ visit: (_ key: JSONValue, _ value: JSONValue) throws(Failure) -> Void
    ) throws(Failure) {
        guard kind == .object else { return }
        var cursor = JSONCursor(at: range.lowerBound)
        guard (try? cursor.beginObject(in: bytes)) != nil else { return }
        while let key = try? cursor.nextKey(in: bytes), let value = try? cursor.value(in: bytes) {
            try visit(key, value)
        }
    }

    /// Visits every element of an array; anything else has none.
    public func forEachElement<Failure: Error>(
        in bytes: Span<UInt8>, _ visit: (JSONValue) throws(Failure) -> Void
    ) throws(Failure) {
        guard kind == .array else { return }
        var cursor = JSONCursor(at: range.lowerBound)
        guard (try? cursor.beginArray(in: bytes)) != nil else { return }
        while let hasNext = try? cursor.nextElement(in: bytes), hasNext,
            let value = try? cursor.value(in: bytes)
        {
            try visit(value)
        }
    }

    /// The member called `name`.
    public func member(_ name: StaticString, in bytes: Span<UInt8>) -> JSONValue? {
        var found: JSONValue?
        forEachMember(in: bytes) { key, value in
            if found == nil, JSONString.matches(key, name, in: bytes) { found = value }
        }
        return found
    }

    /// The text of a string; nil for anything else.
    public func text(in bytes: Span<UInt8>) -> String? {
        kind == .string ? JSONString.text(self, in: bytes) : nil
    }

    /// A number that is written as decimal digits and nothing else; nil for anything else.
    public func decimal(in bytes: Span<UInt8>) -> Int? {
        kind == .number ? bytes.extracting(range).decimal : nil
    }

    /// Whether this is a string that says `text`.
    public func says(_ text: StaticString, in bytes: Span<UInt8>) -> Bool {
        kind == .string && JSONString.matches(self, text, in: bytes)
    }
}
