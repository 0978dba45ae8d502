import Bytes
import COpenSSL

/// A signed token in its compact form: header.claims.signature, each in base64 of the URL alphabet.
/// The algorithm is ES384 whatever the header says; a header that says otherwise is refused.
/// Source: RFC 7515, section 3.1; RFC 7518, section 3.4.
struct JSONWebToken {
    static let byteCountMax = 65_536

    /// The name of the key, as the header has it.
    let keyIdentifier: [UInt8]
    /// A JSON object.
    let claims: [UInt8]
    private let signedByteCount: Int
    private let signature: [UInt8]

    /// - Throws: `.nrasMalformed`, `.nrasAlgorithm`.
    init(_ text: Span<UInt8>) throws(AttestationError) {
        guard text.count <= Self.byteCountMax, let first = text.firstIndex(of: .ascii(".")),
            let second = text.firstIndex(of: .ascii("."), from: first + 1),
            text.firstIndex(of: .ascii("."), from: second + 1) == nil,
            let header = Self.bytes(text.extracting(0..<first)),
            let claims = Self.bytes(text.extracting((first + 1)..<second)),
            let members = JSONMembers(checking: header.span)
        else { throw .nrasMalformed }
        guard members.value("alg", in: header.span)?.says("ES384", in: header.span) == true else {
            throw .nrasAlgorithm
        }
        // What is listed as critical must be understood, and none of it is.
        guard members.value("crit", in: header.span) == nil,
            let identifier = members.claim("kid", in: header.span)?.text,
            let signature = Self.bytes(text.extracting((second + 1)..<text.count))
        else { throw .nrasMalformed }
        keyIdentifier = identifier
        signedByteCount = second
        self.claims = claims
        self.signature = signature
    }

    /// - `text`: what the token was read from.
    /// - Throws: `.nrasKeyUnknown`, `.nrasKeysMalformed` of a key that is no point,
    ///   `.nrasSignature`.
    func check(_ text: Span<UInt8>, with keys: JSONWebKeys) throws(AttestationError) {
        defer { ERR_clear_error() }
        guard let point = keys.point(of: keyIdentifier.span) else { throw .nrasKeyUnknown }
        guard let key = ECDSAPublicKey(.p384, point: point.span) else { throw .nrasKeysMalformed }
        guard key.verifies(signature.span, over: text.extracting(0..<signedByteCount)) else {
            throw .nrasSignature
        }
    }

    /// The bytes that `text` spells in the URL alphabet without padding; nil of anything else.
    /// Source: RFC 7515, section 2.
    static func bytes(_ text: Span<UInt8>) -> [UInt8]? {
        for index in 0..<text.count {
            let byte = text[index]
            guard byte != .ascii("+"), byte != .slash, byte != .ascii("=") else { return nil }
        }
        var bytes = Buffer()
        guard (try? Base64.decode(text, to: &bytes)) != nil else { return nil }
        return bytes.readable.array
    }
}
