import Bytes

/// The version of a message: what its sender understands. Source: RFC 9110, section 2.5.
public enum HTTPVersion: Equatable, Sendable {
    case http10
    /// 1.1, and any higher minor version, which is read like it.
    case http11

    /// The eight bytes of a version, `HTTP/1.1`.
    static var byteCount: Int { 8 }

    /// Whether `byte` may stand at `index` of a version.
    static func allows(_ byte: UInt8, at index: Int) -> Bool {
        switch index {
        case 0: byte == .ascii("H")
        case 1, 2: byte == .ascii("T")
        case 3: byte == .ascii("P")
        case 4: byte == .slash
        case 6: byte == .ascii(".")
        default: byte.isDigit
        }
    }

    /// The version that eight allowed bytes at `start` spell.
    /// - Throws: `.unsupportedVersion` unless the major version is 1.
    init(at start: Int, in bytes: Span<UInt8>) throws(HTTPError) {
        guard bytes[start + 5] == .ascii("1") else { throw .unsupportedVersion }
        self = bytes[start + 7] == .ascii("0") ? .http10 : .http11
    }
}
