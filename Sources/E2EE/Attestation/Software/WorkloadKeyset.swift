import Bytes

/// The keys that a gateway's report lists, and the key that speaks for them. Source: ACI
/// specification of private-ai-gateway, sections on the keyset and its endorsement.
struct WorkloadKeyset: Sendable {
    static let byteCountMax = 1 << 20

    /// SHA-256 of the canonical keyset.
    let digest: [UInt8]
    /// SHA-256 of the canonical identity key; nil in the newer form, which has none.
    let workloadID: [UInt8]?
    private let identity: PublicKey?
    private let encryptionKeys: [Claim]

    /// - `json`: the keyset as it stands in the reply.
    /// - Throws: `.keysetMalformed` of what is no object, or has a number that is not whole.
    init(_ json: Span<UInt8>) throws(AttestationError) {
        guard json.count <= Self.byteCountMax, (try? JSONDocument.check(json)) != nil,
            let root = JSONDocument.root(of: json), let members = JSONMembers(root, in: json)
        else { throw .keysetMalformed }
        digest = try Self.digest(of: root, in: json)
        encryptionKeys =
            members.value("e2ee_public_keys", in: json)?.elements(in: json)?.compactMap {
                JSONMembers($0, in: json)?.claim("public_key", in: json)
            } ?? []
        let named = members.object("workload_identity", in: json)?.value("public_key", in: json)
        guard let named else {
            identity = nil
            workloadID = nil
            return
        }
        workloadID = try Self.digest(of: named, in: json)
        let key = JSONMembers(named, in: json)
        guard key?.value("algo", in: json)?.says("ecdsa-secp256k1", in: json) == true else {
            identity = nil
            return
        }
        guard let digits = key?.claim("public_key", in: json)?.text,
            let point = try? PublicKey(hex: digits.span)
        else { throw .keysetMalformed }
        identity = point
    }

    /// Whether `key` is one of those to encrypt to.
    func holds(_ key: PublicKey) -> Bool {
        encryptionKeys.contains { claim in
            guard let digits = claim.text, let listed = try? PublicKey(hex: digits.span) else {
                return false
            }
            return listed == key
        }
    }

    /// Whether the identity key has signed this keyset's digest.
    /// - `json`: `{"algo":"ecdsa-secp256k1","value":r | s in hexadecimal}`.
    func isEndorsed(by json: Span<UInt8>) -> Bool {
        guard let identity, let members = JSONMembers(checking: json),
            members.value("algo", in: json)?.says("ecdsa-secp256k1", in: json) == true,
            let signature = members.bytes("value", in: json)
        else { return false }
        var statement = Buffer()
        statement.append(
            #"{"purpose":"aci.keyset.endorsement.v1","workload_keyset_digest":"sha256:"#)
        Hex.encode(digest.span, to: &statement)
        statement.append("\"}")
        guard let hash = try? Digest.sha256(statement.readable) else { return false }
        return Secp256k1.verifies(signature.span, of: hash.span, by: identity)
    }

    private static func digest(
        of value: JSONValue, in json: Span<UInt8>
    ) throws(AttestationError) -> [UInt8] {
        var canonical = Buffer()
        do throws(JCS.Failure) {
            try JCS.append(value, in: json, restoresMaximum: true, to: &canonical)
        } catch {
            throw .keysetMalformed
        }
        do throws(E2EEError) { return try Digest.sha256(canonical.readable) } catch {
            throw .engineFailed
        }
    }
}
