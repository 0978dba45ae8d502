import Bytes

/// The keys of an attestation service, by their names. Only keys of P-384 are of use; others are
/// passed over. The certificates beside the keys are not read: the service publishes none that they
/// could be verified up to, so it is the connection they came over that vouches for the keys.
/// Source: RFC 7517, RFC 7518 section 6.2.
public struct JSONWebKeys: Equatable, Sendable {
    public static let byteCountMax = 1 << 20
    public static let keyCountMax = 256

    private struct Key: Equatable, Sendable {
        var identifier: [UInt8]
        /// X (48) | Y (48).
        var point: [UInt8]
    }

    private var keys: [Key] = []

    /// - Throws: `.nrasKeysMalformed`, also of a set that names two keys alike.
    public init(_ json: Span<UInt8>) throws(AttestationError) {
        guard json.count <= Self.byteCountMax, let members = JSONMembers(checking: json),
            let list = members.value("keys", in: json)?.elements(in: json),
            list.count <= Self.keyCountMax
        else { throw .nrasKeysMalformed }
        for element in list {
            guard let entry = JSONMembers(element, in: json) else { throw .nrasKeysMalformed }
            guard entry.isKeyOfES384(in: json) else { continue }
            guard let identifier = entry.claim("kid", in: json)?.text, !contains(identifier.span),
                let x = Self.coordinate(entry.claim("x", in: json)),
                let y = Self.coordinate(entry.claim("y", in: json))
            else { throw .nrasKeysMalformed }
            keys.append(Key(identifier: identifier, point: x + y))
        }
    }

    public var count: Int { keys.count }

    /// Whether there is a key of that name.
    public func contains(_ identifier: Span<UInt8>) -> Bool { point(of: identifier) != nil }

    func point(of identifier: Span<UInt8>) -> [UInt8]? {
        for key in keys where identifier.equals(key.identifier.span) { return key.point }
        return nil
    }

    private static func coordinate(_ claim: Claim?) -> [UInt8]? {
        guard let text = claim?.text, let bytes = JSONWebToken.bytes(text.span),
            bytes.count == ECDSAPublicKey.Curve.p384.coordinateByteCount
        else { return nil }
        return bytes
    }
}

extension JSONMembers {
    fileprivate func isKeyOfES384(in json: Span<UInt8>) -> Bool {
        guard value("kty", in: json)?.says("EC", in: json) == true,
            value("crv", in: json)?.says("P-384", in: json) == true
        else { return false }
        let use = value("use", in: json)
        let algorithm = value("alg", in: json)
        return use?.says("sig", in: json) != false && algorithm?.says("ES384", in: json) != false
    }
}
