import Bytes

/// Who made an enclave's keys: each is signed by the app's key, and that by the KMS, so that the
/// KMS's root comes out at the end. Source: dstack, KMS `get_app_key`; ACI specification.
///
///     chain[0] = signature over Keccak-256(purpose | ":" | the key, compressed, in hexadecimal)
///     chain[1] = signature over Keccak-256("dstack-kms-issued:" | app-id | app key, compressed)
struct KeyCustody: Sendable {
    /// A key and the signatures that vouch for it.
    struct Entry: Sendable {
        let key: PublicKey
        let purpose: [UInt8]
        /// r | s | v each.
        let chain: (app: [UInt8], kms: [UInt8])
    }

    static let byteCountMax = 1 << 20
    static let entryCountMax = 64
    static let purposeByteCountMax = 128
    static let encryptionPurpose: StaticString = "aci.e2ee."

    /// The entries for keys of secp256k1; those of other curves are signed in other forms.
    let entries: [Entry]

    /// - `json`: `{"keys":[{"purpose":…,"public_key":hex,"signature_chain":[hex,hex]}…]}`.
    /// - Throws: `.custodyMalformed`.
    init(_ json: Span<UInt8>) throws(AttestationError) {
        guard json.count <= Self.byteCountMax, let members = JSONMembers(checking: json),
            let list = members.value("keys", in: json)?.elements(in: json),
            list.count <= Self.entryCountMax
        else { throw .custodyMalformed }
        var entries: [Entry] = []
        for value in list {
            guard let members = JSONMembers(value, in: json),
                let algorithm = members.claim("algo", in: json)?.text
            else { throw .custodyMalformed }
            guard
                algorithm.span.equals("ecdsa-secp256k1")
                    || algorithm.span.starts(with: "secp256k1-") || algorithm.span.equals("ecdsa")
            else { continue }
            guard let entry = Self.entry(members, in: json) else { throw .custodyMalformed }
            entries.append(entry)
        }
        self.entries = entries
    }

    private static func entry(_ members: JSONMembers, in json: Span<UInt8>) -> Entry? {
        guard let purpose = members.claim("purpose", in: json)?.text,
            purpose.count <= purposeByteCountMax,
            let digits = members.claim("public_key", in: json)?.text,
            let key = try? PublicKey(hex: digits.span),
            let chain = members.value("signature_chain", in: json)?.elements(in: json),
            chain.count == 2
        else { return nil }
        let signatures = chain.compactMap { link -> [UInt8]? in
            guard let digits = Claim(link, in: json)?.text,
                let bytes = Hex.bytes(Hex.withoutPrefix(digits.span)),
                bytes.count == Secp256k1.recoverableByteCount
            else { return nil }
            return bytes
        }
        guard signatures.count == 2 else { return nil }
        return Entry(key: key, purpose: purpose, chain: (signatures[0], signatures[1]))
    }

    /// The compressed key of the KMS that vouches for `key` as one to encrypt to, in `app`. All
    /// entries must lead there.
    /// - Throws: `.custodyMissing` where no entry is for `key`; `.custodyMalformed` of signatures
    ///   that are by nobody; `.custodyMismatch` where two entries have different roots.
    /// - Cost: two recoveries an entry.
    func root(of key: PublicKey, app: [UInt8]) throws(AttestationError) -> [UInt8] {
        let isCovered = entries.contains {
            $0.key == key && $0.purpose.span.starts(with: Self.encryptionPurpose)
        }
        guard isCovered else { throw .custodyMissing }
        var found: PublicKey?
        for entry in entries {
            guard let root = Self.root(of: entry, app: app) else { throw .custodyMalformed }
            guard found == nil || found == root else { throw .custodyMismatch }
            found = root
        }
        guard let found else { throw .custodyMissing }
        return found.compressed
    }

    private static func root(of entry: Entry, app: [UInt8]) -> PublicKey? {
        var statement = Buffer()
        statement.append(entry.purpose.span)
        statement.append(.colon)
        Hex.encode(entry.key.compressed.span, to: &statement)
        let hash = Keccak256.digest(statement.readable)
        guard let appKey = Secp256k1.signer(entry.chain.app.span, of: hash.span) else {
            return nil
        }
        var issued = Buffer()
        issued.append("dstack-kms-issued:")
        issued.append(app.span)
        issued.append(appKey.compressed.span)
        let issuedHash = Keccak256.digest(issued.readable)
        return Secp256k1.signer(entry.chain.kms.span, of: issuedHash.span)
    }
}
