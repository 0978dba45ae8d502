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

    public init(now: Int) { self.now = now }
}
