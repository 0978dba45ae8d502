import Bytes

/// The answer of NVIDIA's attestation service: an overall token, which names the hashes of one
/// token a device. `[["JWT", overall], {"GPU-0": token, …}]`. Source: NVIDIA Attestation
/// documentation, "GPU claims", version 2.0.
public enum AttestationToken {
    public static let byteCountMax = 4 << 20
    /// How far the service's clock may be ahead of ours.
    public static let skewSecondsMax = 60

    /// Whether the answer names a key that is not among `keys`: fetch them anew, once.
    public static func needsOtherKeys(
        response: Span<UInt8>, keys: JSONWebKeys
    ) -> Bool {
        guard let parts = try? Parts(response) else { return false }
        return ([parts.overall] + parts.devices.map(\.token)).contains { text in
            guard let token = try? JSONWebToken(text.span) else { return false }
            return !keys.contains(token.keyIdentifier.span)
        }
    }

    /// Checks the whole answer, every token in it included.
    /// - `response`: the body. `keys`: the service's key set (JSON).
    /// - `nonce`: the one that was sent with the question for evidence.
    /// - `evidenceCount`: how many devices' evidence was sent.
    /// - `models`: the chips that are accepted, as the service calls them.
    /// - `now`: Unix seconds.
    /// - Returns: when the first of the tokens ends, in Unix seconds.
    /// - Throws: what is wrong, named `nras…`.
    /// - Cost: a signature over P-384 a token, about 1 ms each.
    public static func check(
        response: Span<UInt8>, keys: Span<UInt8>, nonce: AttestationNonce, evidenceCount: Int,
        issuer: String, models: Set<String>, at now: Int
    ) throws(AttestationError) -> Int {
        let parts = try Parts(response)
        let claimCheck = ClaimCheck(
            keys: try JSONWebKeys(keys), nonce: nonce, issuer: issuer, models: models, now: now)
        let (digests, end) = try claimCheck.overall(parts.overall.span)
        guard digests.count == evidenceCount, parts.devices.count == evidenceCount else {
            throw .nrasDeviceMissing
        }
        var expiresAt = end
        for device in parts.devices {
            guard let digest = digests.first(where: { $0.name == device.name })?.digest else {
                throw .nrasDeviceMissing
            }
            guard (try? Digest.sha256(device.token.span)) == digest else { throw .nrasDigest }
            expiresAt = min(expiresAt, try claimCheck.device(device.token.span))
        }
        return expiresAt
    }

    /// The answer taken apart.
    private struct Parts {
        var overall: [UInt8]
        var devices: [(name: [UInt8], token: [UInt8])] = []

        init(_ json: Span<UInt8>) throws(AttestationError) {
            guard json.count <= AttestationToken.byteCountMax,
                (try? JSONDocument.check(json)) != nil,
                let list = JSONDocument.root(of: json)?.elements(in: json), list.count == 2,
                let pair = list[0].elements(in: json), pair.count == 2,
                pair[0].says("JWT", in: json), let overall = Claim(pair[1], in: json)?.text,
                let members = JSONMembers(list[1], in: json)
            else { throw .nrasMalformed }
            self.overall = overall
            for (name, value) in members.named(in: json) {
                guard let token = Claim(value, in: json)?.text else { throw .nrasMalformed }
                devices.append((name, token))
            }
        }
    }
}

extension JSONMembers {
    /// Every member with its name, escapes resolved.
    func named(in json: Span<UInt8>) -> [(name: [UInt8], value: JSONValue)] {
        members.compactMap { member in
            Claim(member.key, in: json)?.text.map { ($0, member.value) }
        }
    }
}
