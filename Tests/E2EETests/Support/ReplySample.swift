@testable import E2EE

/// A reply with evidence that passes, to be spoiled one member at a time.
struct ReplySample: Sendable {
    static let now = 1_800_000_000
    static let model = "e2ee-model"
    static let key = publicKey(of: ones)
    static let otherKey = publicKey(of: twos)
    static let nonceBytes = (0..<32).map { UInt8(0x40 + $0) }
    static let nonce = AttestationNonce(hex: toHex(nonceBytes))!

    var quote = QuoteSample()
    /// Names and values as they are spelled in the reply; `intel_quote` comes from `quote`.
    var members: [(name: String, json: String)]

    /// A dstack host's flat reply.
    init() {
        let key = Self.key
        members = [
            ("verified", "true"), ("nonce", "\"\(Self.nonce.hex)\""),
            ("model", "\"\(Self.model)\""), ("signing_algo", "\"ecdsa\""),
            ("signing_key", "\"\(key.hex)\""), ("signing_public_key", "\"\(key.hex)\""),
            ("signing_address", "\"0x\(key.address.hex)\""), ("nvidia_payload", "\"omitted\""),
            ("event_log", "[{\"imr\":0}]"), ("tee_provider", "\"test\""),
        ]
        quote.reportData = key.address.bytes + [UInt8](repeating: 0, count: 12) + Self.nonceBytes
    }

    subscript(_ name: String) -> String? {
        get { members.first { $0.name == name }?.json }
        set {
            members.removeAll { $0.name == name }
            if let newValue { members.append((name, newValue)) }
        }
    }

    /// The reply's own quote, unless `intel_quote` was set or `quoteMember` names another place.
    var isQuoteLeftOut = false

    /// More members, as they are to stand there.
    var moreMembers = ""

    var json: [UInt8] {
        var all = members
        if self["intel_quote"] == nil, !isQuoteLeftOut {
            all.append(("intel_quote", "\"\(toHex(quote.bytes))\""))
        }
        let spelled = all.map { "\"\($0.name)\":\($0.json)" } + [moreMembers]
        return Array("{\(spelled.filter { !$0.isEmpty }.joined(separator: ","))}".utf8)
    }

    /// An ACI report with flat members beside it.
    mutating func makeACI(staleAfter: String = "1800003600", notAfter: String) {
        self["signing_key"] = nil
        self["attestation"] = """
            {"vendor":"v","workload_keyset":{"keyset_epoch":{"version":1,"not_after":\(notAfter)},
            "e2ee_public_keys":\(Self.keyset)},"freshness":{"stale_after":\(staleAfter)},
            "evidence":{"quote":"\(toHex(quote.bytes))"}}
            """
    }

    static var keyset: String {
        """
        [{"key_id":"a","algo":"ed25519","public_key":"\(toHex(nonceBytes))"},
        {"key_id":"b","algo":"ecdsa","public_key":"\(key.hex.dropFirst(2))"}]
        """
    }
}

func report(
    _ json: [UInt8], model: String = ReplySample.model,
    nonce: AttestationNonce = ReplySample.nonce, now: Int = ReplySample.now,
    level: VerificationLevel = .binding
) throws(AttestationError) -> AttestationReport {
    let evidence = try Evidence(json.span)
    return Verifier(AttestationPolicy(level: level)).report(
        on: evidence, model: model, nonce: nonce, in: Circumstances(now: now))
}

func verify(
    _ json: [UInt8], model: String = ReplySample.model,
    nonce: AttestationNonce = ReplySample.nonce, now: Int = ReplySample.now,
    level: VerificationLevel = .binding
) -> Result<VerifiedKey, AttestationError> {
    do throws(AttestationError) {
        let report = try report(json, model: model, nonce: nonce, now: now, level: level)
        return .success(try report.verifiedKey())
    } catch {
        return .failure(error)
    }
}

extension Result where Failure == AttestationError {
    var refusal: AttestationError? {
        guard case .failure(let error) = self else { return nil }
        return error
    }
}
