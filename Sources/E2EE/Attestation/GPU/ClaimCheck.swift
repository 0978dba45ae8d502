import Bytes

/// What tokens of NVIDIA's attestation service must say. Source: NVIDIA Attestation documentation,
/// "GPU claims", version 2.0; RFC 9711 (eat_nonce, dbgstat, measres, submods).
struct ClaimCheck {
    let keys: JSONWebKeys
    let nonce: AttestationNonce
    let issuer: String
    let models: Set<String>
    let now: Int

    /// - Returns: the hash of each device's token by its name, and when the token ends.
    /// - Throws: `.nrasMalformed` to `.nrasNonceMismatch`, `.nrasRefused`.
    func overall(
        _ text: Span<UInt8>
    ) throws(AttestationError) -> (digests: [(name: [UInt8], digest: [UInt8])], end: Int) {
        let json = try claims(of: text)
        let members = try members(json)
        let end = try time(members, json.span)
        try checkNonce(members, json.span)
        let subject = members.value("sub", in: json.span)
        guard subject?.says("NVIDIA-PLATFORM-ATTESTATION", in: json.span) == true else {
            throw .nrasMalformed
        }
        let result = members.value("x-nvidia-overall-att-result", in: json.span)
        guard result?.kind == .bool(true) else { throw .nrasRefused }
        guard let modules = members.object("submods", in: json.span) else { throw .nrasMalformed }
        var digests: [(name: [UInt8], digest: [UInt8])] = []
        for (name, value) in modules.named(in: json.span) {
            guard let digest = Self.digest(value, in: json.span) else { throw .nrasMalformed }
            digests.append((name, digest))
        }
        return (digests, end)
    }

    /// - Returns: when the token ends.
    /// - Throws: `.nrasMalformed` to `.nrasNonceMismatch`; `.nrasRefused` of a token that names an
    ///   error; `.nrasMeasurements`, `.nrasDebug`, `.nrasSecureBoot`, `.nrasModel`,
    ///   `.nrasCheckFailed`.
    func device(_ text: Span<UInt8>) throws(AttestationError) -> Int {
        let json = try claims(of: text)
        let members = try members(json)
        let end = try time(members, json.span)
        guard members.claim("x-nvidia-error-details", in: json.span) == nil else {
            throw .nrasRefused
        }
        try checkNonce(members, json.span)
        guard members.value("measres", in: json.span)?.says("success", in: json.span) == true else {
            throw .nrasMeasurements
        }
        guard members.value("dbgstat", in: json.span)?.says("disabled", in: json.span) == true
        else { throw .nrasDebug }
        guard members.value("secboot", in: json.span)?.kind == .bool(true) else {
            throw .nrasSecureBoot
        }
        guard let model = members.value("hwmodel", in: json.span)?.text(in: json.span),
            models.contains(model)
        else { throw .nrasModel }
        try checkResults(members, json.span)
        return end
    }

    private func claims(of text: Span<UInt8>) throws(AttestationError) -> [UInt8] {
        let token = try JSONWebToken(text)
        try token.check(text, with: keys)
        return token.claims
    }

    private func members(_ json: [UInt8]) throws(AttestationError) -> JSONMembers {
        guard let members = JSONMembers(checking: json.span) else { throw .nrasMalformed }
        return members
    }

    /// - Returns: the first second in which the token is no longer good.
    /// - Throws: `.nrasIssuer`, `.nrasNotYetValid`, `.nrasExpired`; `.nrasMalformed` where a time
    ///   is missing.
    private func time(
        _ members: JSONMembers, _ json: Span<UInt8>
    ) throws(AttestationError) -> Int {
        guard let issuer = members.claim("iss", in: json)?.text,
            issuer.span.equals(self.issuer.utf8Span.span)
        else { throw .nrasIssuer }
        guard let issued = members.number("iat", max: .max, in: json),
            let start = members.number("nbf", max: .max, in: json),
            let end = members.number("exp", max: .max, in: json)
        else { throw .nrasMalformed }
        // A number of 18 digits at most leaves room for the difference.
        guard max(issued, start) - AttestationToken.skewSecondsMax <= now else {
            throw .nrasNotYetValid
        }
        guard now < end else { throw .nrasExpired }
        return end
    }

    private func checkNonce(
        _ members: JSONMembers, _ json: Span<UInt8>
    ) throws(AttestationError) {
        guard let digits = members.claim("eat_nonce", in: json)?.text,
            AttestationNonce(hex: digits.span) == nonce
        else { throw .nrasNonceMismatch }
    }

    /// Every check that the service lists must be there and true, and so must those it may add.
    private func checkResults(
        _ members: JSONMembers, _ json: Span<UInt8>
    ) throws(AttestationError) {
        for name in Self.results where members.value(name, in: json)?.kind != .bool(true) {
            throw .nrasCheckFailed
        }
        for (name, value) in members.named(in: json) where value.kind == .bool(false) {
            if name.span.starts(with: "x-nvidia-gpu-") { throw .nrasCheckFailed }
        }
    }

    private static let results: [StaticString] = [
        "x-nvidia-gpu-arch-check",
        "x-nvidia-gpu-attestation-report-cert-chain-validated",
        "x-nvidia-gpu-attestation-report-parsed",
        "x-nvidia-gpu-attestation-report-nonce-match",
        "x-nvidia-gpu-attestation-report-signature-verified",
        "x-nvidia-gpu-driver-rim-fetched",
        "x-nvidia-gpu-driver-rim-schema-validated",
        "x-nvidia-gpu-driver-rim-cert-validated",
        "x-nvidia-gpu-driver-rim-signature-verified",
        "x-nvidia-gpu-driver-rim-measurements-available",
        "x-nvidia-gpu-vbios-rim-fetched",
        "x-nvidia-gpu-vbios-rim-schema-validated",
        "x-nvidia-gpu-vbios-rim-cert-validated",
        "x-nvidia-gpu-vbios-rim-signature-verified",
        "x-nvidia-gpu-vbios-rim-measurements-available",
        "x-nvidia-gpu-vbios-index-no-conflict",
    ]

    /// `["DIGEST", ["SHA-256", digits]]`.
    private static func digest(_ value: JSONValue, in json: Span<UInt8>) -> [UInt8]? {
        guard let pair = value.elements(in: json), pair.count == 2,
            pair[0].says("DIGEST", in: json), let hash = pair[1].elements(in: json),
            hash.count == 2, hash[0].says("SHA-256", in: json),
            let digits = Claim(hash[1], in: json)?.text, let digest = Hex.bytes(digits.span),
            digest.count == 32
        else { return nil }
        return digest
    }
}
