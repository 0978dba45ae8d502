import Bytes

/// Reads one line of a head or trailer section. Source: RFC 9112, section 5.
enum FieldLine {
    /// The field that `line` (without its ending) holds.
    /// - Throws: `.foldedField`, `.spaceBeforeColon`, `.badFieldName`, `.badFieldValue`.
    static func parse(
        _ line: Range<Int>, in bytes: Span<UInt8>
    ) throws(HTTPError) -> HeaderField {
        var offset = line.lowerBound
        while offset < line.upperBound, bytes[offset].isTokenCharacter { offset += 1 }
        let name = line.lowerBound..<offset
        guard offset < line.upperBound else { throw .badFieldName }
        guard bytes[offset] == .colon else {
            guard bytes[offset] == .space || bytes[offset] == .tab else { throw .badFieldName }
            throw name.isEmpty ? .foldedField : spaceInName(from: offset, to: line, in: bytes)
        }
        guard !name.isEmpty else { throw .badFieldName }
        let value = (offset + 1)..<line.upperBound
        guard bytes.extracting(value).isFieldValue else { throw .badFieldValue }
        return HeaderField(name: name, value: bytes.trimmed(value))
    }

    /// What is wrong with a line whose first token is followed by white space.
    private static func spaceInName(
        from offset: Int, to line: Range<Int>, in bytes: Span<UInt8>
    ) -> HTTPError {
        let rest = bytes.trimmed(offset..<line.upperBound)
        return !rest.isEmpty && bytes[rest.lowerBound] == .colon ? .spaceBeforeColon : .badFieldName
    }
}
