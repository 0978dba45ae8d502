/// How evidence is judged: what must hold before a prompt is sealed to its key.
public struct AttestationPolicy: Sendable {
    public var level: VerificationLevel
    /// The certificate that quotes and collateral must end in, in DER.
    public var root = IntelRoot.der
    public var quote = QuotePolicy()
    /// The software that is trusted.
    public var pins = Pins.shipped
    /// What happens to other software.
    public var pinPolicy = PinPolicy.pinned
    /// The certificate that GPU evidence must end in, in DER.
    public var gpuRoot = NVIDIARoot.der
    public var nras = NRASPolicy.report
    /// Who signs the tokens of NVIDIA's attestation service.
    public var nrasIssuer = "https://nras.attestation.nvidia.com"
    /// The chips that the service may name. One that is not here has not been looked into.
    public var gpuModels: Set<String> = ["GH100"]

    public init(level: VerificationLevel) { self.level = level }
}

/// What is needed besides the evidence, from those who have a clock and a network.
public struct Circumstances: Sendable {
    /// Unix seconds.
    public var now: Int
    /// nil where it could not be had.
    public var collateral: Collateral?
    /// The highest numbers seen before for this family of processors.
    public var minimumEvaluation = EvaluationNumbers()
    /// nil is as good as not asked.
    public var nras: NRASAnswer?

    public init(now: Int) { self.now = now }
}
