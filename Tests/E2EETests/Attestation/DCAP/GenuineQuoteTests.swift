import Foundation
import Testing

@testable import E2EE

/// Quotes and collateral of real machines, and what two other verifiers say of them.
@Suite(.enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.whereToPut)))
struct GenuineQuoteTests {
    private static func quote(_ name: String) throws -> [UInt8] {
        try #require(Vectors.bytes("tdx/quotes/\(name).bin"))
    }

    private static func collateral(_ name: String) throws -> Collateral {
        let json = try #require(Vectors.bytes("tdx/collateral/\(name).json"))
        return try Collateral(json.span)
    }

    private static func verdict(
        _ quote: [UInt8], _ collateral: Collateral, at now: Int
    ) -> QuoteVerdict {
        DCAPVerifier().verdict(quote: quote.span, collateral: collateral, at: now)
    }

    private struct Row: Sendable, CustomTestStringConvertible {
        let quote: String
        let collateral: String
        let now: Int
        let status: String?
        let advisories: [String]

        init?(_ row: [String: Any]) {
            guard let quote = row["quote"] as? String,
                let collateral = row["collateral"] as? String, let now = row["now"] as? Int,
                let oracle = row["oracle"] as? [String: Any]
            else { return nil }
            self.quote = quote
            self.collateral = collateral
            self.now = now
            status = oracle["status"] as? String
            advisories = oracle["advisories"] as? [String] ?? []
        }

        var testDescription: String { "\(quote) by \(collateral) at \(now)" }
    }

    private static var rows: [Row] {
        let rows = Vectors.object("tdx/expected.json")["verdicts"] as? [[String: Any]] ?? []
        return rows.compactMap { Row($0) }
    }

    @Test func `every verdict is the expected one`() throws {
        let rows = Self.rows
        #expect(rows.count >= 107)
        for row in rows {
            let verdict = Self.verdict(
                try Self.quote(row.quote), try Self.collateral(row.collateral), at: row.now)
            if row.quote.contains("v3-sgx") {
                #expect(verdict.failure == .notTDX)
                continue
            }
            if row.status == nil {
                #expect(verdict.failure != nil && verdict.failure != .tcbStatus, "\(row)")
                continue
            }
            #expect(verdict.status?.rawValue == row.status, "\(row)")
            #expect(verdict.advisories == row.advisories.sorted(), "\(row)")
            #expect(verdict.failure == (row.status == "UpToDate" ? nil : .tcbStatus), "\(row)")
        }
    }

    @Test func `refusals of genuine quotes say why`() throws {
        let cases: [(String, String, Int, AttestationError, TCBStatus?)] = [
            ("tk-v4-trustee-DEBUG", "gtg-50806f-2023-06", 1_687_939_438, .debugTD, .upToDate),
            ("tk-v4-azure", "mix-00806f050000-2025-09", 1_759_278_864, .septVE, .upToDate),
            ("gtg-v4-gcp-spr-e4", "gtg-50806f-2023-06", 1_687_939_438, .tcbNotSupported, nil),
            ("dq-v5-tdx15-lowpck", "dq-90c06f-2026-02", 1_772_707_803, .tcbNotSupported, nil),
            ("tk-v5-trustee", "dq-90c06f-2026-02", 1_772_707_803, .tcbNotSupported, nil),
            ("dq-v4-tdx", "dq-90c06f-2026-02", 1_772_707_803, .tcbInfoMismatch, nil),
            ("dq-v4-tdx", "mixsgxtcb-b0c06f000000-2025-09", 1_759_213_685, .tcbInfoMismatch, nil),
            (
                "dstack-v4-quote-report", "mixsgxtcb-90c06f000000-2025-09", 1_759_213_685,
                .tcbInfoSignature, nil
            ),
            ("dq-v4-tdx", "dq-sgx-00a067-2025-06", 1_751_624_924, .crlIssuerMismatch, nil),
        ]
        for (quote, collateral, now, failure, status) in cases {
            let verdict = Self.verdict(
                try Self.quote(quote), try Self.collateral(collateral), at: now)
            #expect(verdict.failure == failure, "\(quote) by \(collateral)")
            #expect(verdict.status == status, "\(quote) by \(collateral)")
        }
    }

    @Test func `genuine evidence is good within its window and not a second longer`() throws {
        let windows: [(String, String, ClosedRange<Int>)] = [
            ("dq-v4-tdx", "dq-b0c06f-2025-06", 1_750_329_147...1_752_919_234),
            ("gtg-v5-tdx15", "dq-90c06f-2026-02", 1_771_412_331...1_774_003_274),
            ("mpc-v4", "mpc-b0c06f-2026-08", 1_786_617_938...1_789_171_030),
            ("dq-v4-gas", "dq-20a06f-2025-09", 1_756_798_919...1_759_388_630),
        ]
        for (name, bundle, window) in windows {
            let (quote, collateral) = (try Self.quote(name), try Self.collateral(bundle))
            let first = Self.verdict(quote, collateral, at: window.lowerBound)
            #expect(first.failure == nil)
            #expect(first.expiresAt == window.upperBound + 1)
            #expect(Self.verdict(quote, collateral, at: window.upperBound).failure == nil)
            #expect(Self.verdict(quote, collateral, at: window.lowerBound - 1).failure != nil)
            #expect(Self.verdict(quote, collateral, at: window.upperBound + 1).failure != nil)
        }
    }

    private static func base() throws -> (quote: [UInt8], collateral: Collateral, now: Int) {
        (try quote("dq-v4-tdx"), try collateral("dq-b0c06f-2025-06"), 1_751_624_191)
    }

    @Test func `what another verifier lets pass is refused`() throws {
        let (quote, collateral, now) = try Self.base()
        #expect(Self.verdict(quote, collateral, at: now).failure == nil)
        for (offset, refusal) in [
            (764, .unsupportedCertificationData), (765, .unsupportedCertificationData),
            (632, .badSignatureData),
        ] as [(Int, AttestationError)] {
            var altered = quote
            altered[offset] ^= 1
            #expect(Self.verdict(altered, collateral, at: now).failure == refusal)
        }
        // One byte of the text of the root certificate that the quote carries.
        let text = String(decoding: quote[1258..<4936], as: UTF8.self)
        let root = try #require(text.range(of: "BEGIN CERTIFICATE", options: .backwards))
        let offset = 1258 + text.utf8.distance(from: text.startIndex, to: root.upperBound) + 300
        var altered = quote
        altered[offset] = altered[offset] == 0x41 ? 0x42 : 0x41
        #expect(Self.verdict(altered, collateral, at: now).failure == .untrustedRoot)
    }

    @Test func `a padded or trimmed quote stays genuine`() throws {
        let (quote, collateral, now) = try Self.base()
        let end = try TDXQuote(quote.span).signatureData.upperBound
        for bytes in [Array(quote.prefix(end)), quote + [0, 0, 0], quote + [1, 2]] {
            #expect(Self.verdict(bytes, collateral, at: now).failure == nil)
        }
    }

    /// Intel's own samples are signed under another root; the quote carries its chain in DER.
    @Test func `evidence under Intel's test root is not trusted`() throws {
        let quote = try #require(Vectors.bytes("tdx/intel-test-pki/tdx/quote.dat"))
        let (_, collateral, now) = try Self.base()
        #expect(Self.verdict(quote, collateral, at: now).failure == .badPCKChain)
        let sgx = try #require(Vectors.bytes("tdx/intel-test-pki/sgx/quote.dat"))
        #expect(Self.verdict(sgx, collateral, at: now).failure == .notTDX)
        var chain: [UInt8] = []
        for name in ["pckCert", "pckSignChain"] {
            chain += try #require(Vectors.bytes("tdx/intel-test-pki/tdx/\(name).pem"))
        }
        let parts = try ParsedQuote(quote.span).signature
        var certified = Array(quote.prefix(parts.chain.lowerBound)) + chain
        for offset in [632, 766, parts.chain.lowerBound - 4] {
            let size = UInt32(certified.count - offset - 4)
            certified.replaceSubrange(offset..<(offset + 4), with: littleEndian(size))
        }
        #expect(Self.verdict(certified, collateral, at: now).failure == .untrustedRoot)
    }

    @Test func `the embedded root is the published one`() {
        #expect(Vectors.bytes("tdx/roots/intel_sgx_root_ca.der") == IntelRoot.der)
    }
}
