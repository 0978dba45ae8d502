import Bytes

/// Checks the extensions of one chunk, which are then ignored. Source: RFC 9112, section 7.1.1.
struct ChunkExtensions {
    private enum State {
        /// Only a semicolon or the line's end may follow, with white space before the former.
        case beforeSemicolon(sawSpace: Bool)
        case nameStart, name, afterName
        case valueStart, value
        case quoted, escaped
    }

    private var state: State

    /// - `byte`: what follows the chunk's size, a semicolon or white space.
    init(after byte: UInt8) throws(HTTPError) {
        state = .beforeSemicolon(sawSpace: false)
        try take(byte)
    }

    /// Whether the line may end here.
    var mayEnd: Bool {
        switch state {
        case .name, .value, .beforeSemicolon(sawSpace: false): true
        case .beforeSemicolon, .nameStart, .afterName, .valueStart, .quoted, .escaped: false
        }
    }

    mutating func take(_ byte: UInt8) throws(HTTPError) {
        let isSpace = byte == .space || byte == .tab
        switch state {
        case .beforeSemicolon where isSpace: state = .beforeSemicolon(sawSpace: true)
        case .beforeSemicolon where byte == .ascii(";"): state = .nameStart
        case .nameStart where isSpace: break
        case .nameStart where byte.isTokenCharacter: state = .name
        case .name where byte.isTokenCharacter: break
        case .name where isSpace: state = .afterName
        case .afterName where isSpace: break
        case .name where byte == .ascii("="), .afterName where byte == .ascii("="):
            state = .valueStart
        case .name where byte == .ascii(";"), .afterName where byte == .ascii(";"),
            .value where byte == .ascii(";"):
            state = .nameStart
        case .valueStart where isSpace: break
        case .valueStart where byte == .quote: state = .quoted
        case .valueStart where byte.isTokenCharacter: state = .value
        case .value where byte.isTokenCharacter: break
        case .value where isSpace: state = .beforeSemicolon(sawSpace: true)
        case .quoted where byte == .quote: state = .beforeSemicolon(sawSpace: false)
        case .quoted where byte == .backslash: state = .escaped
        case .quoted where byte.isFieldValueCharacter: break
        case .escaped where byte.isFieldValueCharacter: state = .quoted
        default: throw .badChunk
        }
    }
}
