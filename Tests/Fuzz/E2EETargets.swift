import Bytes

@testable import E2EE

enum E2EETargets {
    private nonisolated(unsafe) static var entropy = SystemEntropy()
    private static let secret = [UInt8](repeating: 0x11, count: 32)

    /// Nothing but what was sealed opens, and what does not open adds nothing to the output.
    static func envelope(_ input: [UInt8]) {
        guard let key = try? PrivateKey(secret.span) else { return }
        var output = Buffer()
        output.append("before")
        do throws(E2EEError) {
            try Envelope.open(input.span, with: key, into: &output)
        } catch {
            precondition(output.readable.equals("before"), "a refused envelope left something")
        }
    }

    /// No evidence a stranger makes up is believed: the nonce of each run is new.
    static func evidence(_ input: [UInt8]) {
        guard let evidence = try? Evidence(input.span),
            let nonce = try? AttestationNonce(from: &entropy)
        else { return }
        let verifier = Verifier(AttestationPolicy(level: .binding))
        let key = verifier.report(
            on: evidence, model: "m", nonce: nonce, in: Circumstances(now: 1_800_000_000)
        ).key
        precondition(key == nil, "evidence without our nonce was believed")
    }

    /// What is read of a quote lies inside it.
    static func quote(_ input: [UInt8]) {
        guard let quote = try? TDXQuote(input.span) else { return }
        for range in [
            quote.signed, quote.body, quote.signatureData, quote.reportData, quote.mrTD,
            quote.rtmr(3), quote.mrOwnerConfig,
        ] {
            precondition(
                range.lowerBound >= 0 && range.upperBound <= input.count, "beyond the quote")
        }
    }
}
