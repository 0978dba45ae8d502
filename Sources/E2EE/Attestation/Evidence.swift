import Bytes

/// What an attestation reply claims, picked out of it and judged by nobody yet: that is
/// `Verifier`'s.
///
/// Read in the three shapes that occur: a dstack host's flat members; an ACI report
/// (`attestation{…}`) with flat members beside it; the newer gateway's, whose keyset has no epoch.
/// Members that no check needs are passed over, `null` counts as absent.
public struct Evidence: Sendable {
    /// True only of a literal `true`.
    let isCalledVerified: Bool
    let nonces: [Claim]
    let model: Claim?
    let algorithm: Claim?
    let address: Claim?
    /// `signing_key` and `signing_public_key`.
    let keys: [Claim]
    /// The keyset's keys of the kind `ecdsa`, for replies that have no flat key.
    let keysetKeys: [Claim]
    /// The flat quote and the report's own.
    let quotes: [Claim]
    /// Unix seconds after which keys or report are stale.
    let expiryLimits: [Claim]
    /// `nvidia_payload`: the GPUs' evidence as a JSON text.
    let gpuPayload: Claim?
    let software: SoftwareClaims

    /// - `json`: the whole body of the reply.
    /// - Throws: `.notJSON` for anything RFC 8259 or common sense forbids (a member named twice);
    ///   `.notAnObject`. Everything else is for the verifier to refuse.
    public init(_ json: Span<UInt8>) throws(AttestationError) {
        let members = try Self.members(of: json)
        let report = members.object("attestation", in: json)
        let keysets = [report, members].compactMap { $0?.object("workload_keyset", in: json) }
        isCalledVerified = members.claim("verified", in: json) == .bool(true)
        nonces = members.claims("nonce", "request_nonce", in: json)
        model = members.claim("model", in: json)
        algorithm = members.claim("signing_algo", in: json)
        address = members.claim("signing_address", in: json)
        keys = members.claims("signing_key", "signing_public_key", in: json)
        keysetKeys = keysets.flatMap { Self.ecdsaKeys(of: $0, in: json) }
        quotes = Self.quotes(of: members, report: report, in: json)
        expiryLimits = Self.expiryLimits(of: report, keysets, in: json)
        gpuPayload = members.claim("nvidia_payload", in: json)
        software = SoftwareClaims(members, report: report, in: json)
    }

    /// The GPU evidence byte for byte, to be posted to NVIDIA's attestation service; nil where the
    /// reply holds none.
    public var gpuPayloadText: [UInt8]? { gpuPayload?.text }

    private static func members(of json: Span<UInt8>) throws(AttestationError) -> JSONMembers {
        let value: JSONValue
        do throws(JSONError) {
            try JSONDocument.check(json)
            var cursor = JSONCursor()
            value = try cursor.value(in: json)
        } catch {
            throw .notJSON(offset: error.offset)
        }
        guard let members = JSONMembers(value, in: json) else { throw .notAnObject }
        return members
    }

    private static func quotes(
        of members: JSONMembers, report: JSONMembers?, in json: Span<UInt8>
    ) -> [Claim] {
        let flat = members.claim("intel_quote", in: json) ?? members.claim("quote", in: json)
        let own = report?.object("evidence", in: json)?.claim("quote", in: json)
        return [flat, own].compactMap { $0 }
    }

    private static func expiryLimits(
        of report: JSONMembers?, _ keysets: [JSONMembers], in json: Span<UInt8>
    ) -> [Claim] {
        let freshness = report?.object("freshness", in: json)
        let epochs = keysets.map { $0.object("keyset_epoch", in: json) }
        return (freshness?.claims("stale_after", in: json) ?? [])
            + keysets.flatMap { $0.claims("not_after", in: json) }
            + epochs.flatMap { $0?.claims("not_after", in: json) ?? [] }
    }

    private static func ecdsaKeys(of keyset: JSONMembers, in json: Span<UInt8>) -> [Claim] {
        guard let list = keyset.value("e2ee_public_keys", in: json), list.kind == .array else {
            return []
        }
        var keys: [Claim] = []
        var cursor = JSONCursor(at: list.range.lowerBound)
        do throws(JSONError) {
            try cursor.beginArray(in: json)
            while try cursor.nextElement(in: json) {
                let entry = JSONMembers(try cursor.value(in: json), in: json)
                guard let algorithm = entry?.value("algo", in: json), algorithm.kind == .string,
                    JSONString.matches(algorithm, "ecdsa", in: json)
                else { continue }
                if let key = entry?.claim("public_key", in: json) { keys.append(key) }
            }
        } catch {
            return []
        }
        return keys
    }
}

extension JSONError {
    fileprivate var offset: Int {
        switch self {
        case .unexpected(let offset), .badString(let offset), .badNumber(let offset),
            .tooDeep(let offset), .duplicateKey(let offset):
            offset
        }
    }
}
