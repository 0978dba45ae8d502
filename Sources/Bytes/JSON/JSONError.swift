/// Why a text is not the JSON that was expected; `offset` is where.
public enum JSONError: Error, Equatable, Sendable {
    /// Another byte was needed, or the text ended here.
    case unexpected(offset: Int)
    /// A string holds a control character, a bad escape, malformed UTF-8 or half a surrogate pair.
    case badString(offset: Int)
    /// A number is not spelled as RFC 8259 says, or has more than `JSONCursor.numberByteCountMax`
    /// bytes.
    case badNumber(offset: Int)
    /// Arrays and objects are nested deeper than `JSONCursor.depthMax`.
    case tooDeep(offset: Int)
    /// An object names the same member twice.
    case duplicateKey(offset: Int)
}
