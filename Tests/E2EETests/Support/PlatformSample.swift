import Simulator
import Testing

@testable import E2EE

/// A simulated platform, its quote and its collateral: all of it sound, to be spoiled in one place.
struct PlatformSample: Sendable {
    static let now = 1_800_000_000
    static let forms: [(version: UInt16, report: SimulatedQuote.Report)] = [
        (4, .version10), (5, .version10), (5, .version15),
    ]

    var profiles = TEEPKI.Profiles(now: now)
    var enclave = QuotingEnclave.Profile()
    var quote = SimulatedQuote(reportData: (0..<64).map { UInt8($0) })
    var contents = SimulatedCollateral.Contents(now: now)

    /// Changes the collateral once the certificates are there.
    func made(
        _ change: (inout SimulatedCollateral.Contents, TEEPKI) -> Void = { _, _ in }
    ) throws -> SimulatedEvidence {
        let pki = try TEEPKI(profiles)
        var contents = contents
        change(&contents, pki)
        return SimulatedEvidence(
            pki: pki,
            quote: try quote.signed(by: try QuotingEnclave(under: pki, enclave)),
            collateral: try SimulatedCollateral(contents, under: pki).collateral())
    }

    /// One that is shared by all tests that only change bytes.
    static let sound: [SimulatedEvidence] = forms.map { form in
        var sample = PlatformSample()
        sample.quote.version = form.version
        sample.quote.report = form.report
        guard let made = try? sample.made() else { fatalError("no simulated platform") }
        return made
    }
}

/// A quote and collateral under a simulated root.
struct SimulatedEvidence: Sendable, CustomTestStringConvertible {
    let pki: TEEPKI
    var quote: [UInt8]
    var collateral: Collateral

    var testDescription: String { "version \(quote[0])" }

    func verdict(
        at now: Int = PlatformSample.now, policy: QuotePolicy = QuotePolicy(),
        minimumEvaluation: EvaluationNumbers = EvaluationNumbers()
    ) -> QuoteVerdict {
        DCAPVerifier(root: pki.root.certificate.der, policy: policy).verdict(
            quote: quote.span, collateral: collateral, at: now,
            minimumEvaluation: minimumEvaluation)
    }

    var failure: AttestationError? { verdict().failure }
}

/// Why evidence is refused once `spoil` changed a sound platform; nil where it is accepted.
func failure(_ spoil: (inout PlatformSample) -> Void) throws -> AttestationError? {
    var sample = PlatformSample()
    spoil(&sample)
    return try sample.made().failure
}
