import Bytes

/// An answer of the simulated attestation service before it is signed: spoil it, then sign.
public struct SimulatedApproval: Sendable {
    /// Its member `submods` is made when it is signed.
    public var overall: SimulatedToken
    public var devices: [(name: String, token: SimulatedToken)]
    /// The hash of the first device's token is another.
    public var hasOtherDigest = false
    /// The first device is left out of `submods`, of the tokens beside it, or of both.
    public var omitsFirstDigest = false
    public var omitsFirstToken = false
    /// Put in the place of the overall token's signature.
    public var overallSignature: String?

    /// - `nonce`: 64 digits.
    /// - `now`: Unix seconds.
    init(keyIdentifier: String, nonce: String, deviceCount: Int, now: Int) {
        var common = SimulatedToken(keyIdentifier: keyIdentifier)
        common["iss"] = "\"\(SimulatedNRAS.issuer)\""
        common["iat"] = "\(now)"
        common["nbf"] = "\(now)"
        common["exp"] = "\(now + 3600)"
        common["eat_nonce"] = "\"\(nonce)\""
        overall = common
        overall["sub"] = #""NVIDIA-PLATFORM-ATTESTATION""#
        overall["x-nvidia-ver"] = #""2.0""#
        overall["x-nvidia-overall-att-result"] = "true"
        var device = common
        device["hwmodel"] = #""GH100""#
        device["measres"] = #""success""#
        device["dbgstat"] = #""disabled""#
        device["secboot"] = "true"
        device["x-nvidia-attestation-warning"] = "null"
        for name in Self.results { device[name] = "true" }
        devices = (0..<deviceCount).map { ("GPU-\($0)", device) }
    }

    /// The checks that the service lists.
    public static let results =
        [
            "arch-check", "attestation-report-cert-chain-validated", "attestation-report-parsed",
            "attestation-report-nonce-match", "attestation-report-signature-verified",
            "vbios-index-no-conflict",
        ].map { "x-nvidia-gpu-\($0)" } + rimResults

    private static let rimResults = ["driver", "vbios"].flatMap { rim in
        [
            "fetched", "schema-validated", "cert-validated", "signature-verified",
            "measurements-available",
        ].map { "x-nvidia-gpu-\(rim)-rim-\($0)" }
    }

    /// `[["JWT", overall], {"GPU-0": token, …}]`
    public func signed(by key: ECKey) throws(SimulatorError) -> String {
        var tokens: [String] = []
        var digests: [String] = []
        for (index, device) in devices.enumerated() {
            let token = try device.token.signed(by: key)
            var digest = Hash.sha256(Array(token.utf8))
            if hasOtherDigest, index == 0 { digest[0] ^= 1 }
            let hex = Hex.string(digest.span)
            if !omitsFirstToken || index > 0 { tokens.append(#""\#(device.name)":"\#(token)""#) }
            if !omitsFirstDigest || index > 0 {
                digests.append(#""\#(device.name)":["DIGEST",["SHA-256","\#(hex)"]]"#)
            }
        }
        var overall = overall
        overall["submods"] = overall["submods"] ?? "{\(digests.joined(separator: ","))}"
        let text =
            if let overallSignature { overall.content + "." + overallSignature } else {
                try overall.signed(by: key)
            }
        return #"[["JWT","\#(text)"],{\#(tokens.joined(separator: ","))}]"#
    }
}
