/// What differs between providers that share the envelope: names, not code.
public struct EnvelopeProfile: Sendable {
    /// The request header that carries the key replies are sealed to, 130 lower-case digits.
    public let clientKeyHeader: StaticString
    /// The request header that repeats the key the texts were sealed to.
    public let modelKeyHeader: StaticString
    public let algorithmHeader: StaticString
    /// The value of `algorithmHeader`.
    public let algorithm: StaticString
    /// The info string of the key derivation.
    public let derivationInfo: StaticString
    /// Where evidence is asked for, below the provider's base address.
    public let attestationPath: StaticString

    public static let venice = EnvelopeProfile(
        clientKeyHeader: "X-Venice-TEE-Client-Pub-Key",
        modelKeyHeader: "X-Venice-TEE-Model-Pub-Key",
        algorithmHeader: "X-Venice-TEE-Signing-Algo",
        algorithm: "ecdsa",
        derivationInfo: "ecdsa_encryption",
        attestationPath: "/tee/attestation")
}
