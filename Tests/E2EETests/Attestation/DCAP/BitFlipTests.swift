import Simulator
import Testing

@testable import E2EE

/// Every single bit of what a quote's signatures cover, and of the signatures themselves.
@Suite struct BitFlipTests {
    /// Parts of the bits of a quote of either version, so that they run side by side.
    private static let parts: [(form: Int, part: Int)] =
        [0, 2].flatMap { form in (0..<4).map { (form, $0) } }

    /// The four checks that authenticate a quote's bytes are run on every bit; that the verdict
    /// runs them is what the next test shows.
    @Test(arguments: parts)
    func `no bit of a quote can be changed`(form: Int, part: Int) throws {
        let evidence = PlatformSample.sound[form]
        guard let key = X509Certificate(der: evidence.pki.pck.der)?.publicKey() else {
            Issue.record("no key")
            return
        }
        var quote = evidence.quote
        let bitCount = try Self.coveredBitCount(of: quote)
        let isGenuine = Self.isGenuine(quote, key)
        #expect(isGenuine)
        for bit in stride(from: part, to: bitCount, by: 4) {
            quote[bit / 8] ^= 1 << UInt8(bit % 8)
            if Self.isGenuine(quote, key) {
                Issue.record("bit \(bit % 8) of byte \(bit / 8) does not matter")
            }
            quote[bit / 8] ^= 1 << UInt8(bit % 8)
        }
    }

    @Test(arguments: [0, 2])
    func `a quote with a changed bit gets no status`(form: Int) throws {
        var evidence = PlatformSample.sound[form]
        for bit in stride(from: 0, to: try Self.coveredBitCount(of: evidence.quote), by: 37) {
            evidence.quote[bit / 8] ^= 1 << UInt8(bit % 8)
            let verdict = evidence.verdict()
            if verdict.failure == nil || verdict.status != nil {
                Issue.record("bit \(bit % 8) of byte \(bit / 8) does not matter")
            }
            evidence.quote[bit / 8] ^= 1 << UInt8(bit % 8)
        }
        #expect(evidence.failure == nil)
    }

    /// All bits before the certificates, which have tests of their own.
    private static func coveredBitCount(of bytes: [UInt8]) throws -> Int {
        let quote = try TDXQuote(bytes.span)
        return 8 * (try QuoteSignature(quote.signatureData, in: bytes.span)).chain.lowerBound
    }

    private static func isGenuine(_ bytes: [UInt8], _ key: borrowing ECDSAPublicKey) -> Bool {
        do throws(AttestationError) {
            let parsed = try ParsedQuote(bytes.span)
            let report = try parsed.signature.report(in: bytes.span, signedBy: key)
            try parsed.signature.checkAttestationKey(in: bytes.span, vouchedForBy: report)
            try parsed.signature.check(over: parsed.quote.signed, in: bytes.span)
            return true
        } catch {
            return false
        }
    }
}
