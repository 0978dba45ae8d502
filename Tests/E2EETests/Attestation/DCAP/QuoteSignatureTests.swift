import Simulator
import Testing

@testable import E2EE

/// The nested sizes, types, points and signatures behind a quote's body.
@Suite struct QuoteSignatureTests {
    private static let forms = [0, 1, 2]

    @Test(arguments: forms)
    func `the parts are where the format has them`(form: Int) throws {
        let evidence = PlatformSample.sound[form]
        let quote = try TDXQuote(evidence.quote.span)
        let parts = try QuoteSignature(quote.signatureData, in: evidence.quote.span)
        let start = quote.signatureData.lowerBound
        #expect(parts.signature == start..<(start + 64))
        #expect(parts.attestationKey == (start + 64)..<(start + 128))
        #expect(parts.qeReport == (start + 134)..<(start + 518))
        #expect(parts.qeReportSignature == (start + 518)..<(start + 582))
        #expect(parts.authenticationData == (start + 584)..<(start + 616))
        #expect(parts.chain == (start + 622)..<evidence.quote.count)
    }

    @Test(arguments: forms)
    func `a quote that is cut anywhere is refused`(form: Int) {
        let evidence = PlatformSample.sound[form]
        for count in 0..<evidence.quote.count {
            let cut = Array(evidence.quote.prefix(count))
            do throws(AttestationError) {
                _ = try ParsedQuote(cut.span)
                Issue.record("\(count) bytes were read")
            } catch {
                #expect(error == .quoteTruncated(byteCount: count))
            }
        }
    }

    @Test(arguments: forms)
    func `signature data of any other size is refused`(form: Int) throws {
        let whole = PlatformSample.sound[form].quote
        let end = try TDXQuote(whole.span).signatureData.lowerBound
        for size in 0..<(whole.count - end) {
            var quote = whole
            quote.replaceSubrange((end - 4)..<end, with: littleEndian(UInt32(size)))
            do throws(AttestationError) {
                _ = try ParsedQuote(quote.span)
                Issue.record("a size of \(size) was taken")
            } catch {
                #expect(error == (size == 0 ? .signatureMissing : .badSignatureData))
            }
        }
    }

    @Test(arguments: forms)
    func `every size must name exactly what is left`(form: Int) throws {
        let evidence = PlatformSample.sound[form]
        let start = try TDXQuote(evidence.quote.span).signatureData.lowerBound
        for (offset, byteCount) in [(130, 4), (582, 2), (618, 4)] {
            let field = (start + offset)..<(start + offset + byteCount)
            let size = field.reversed().reduce(0) { $0 << 8 | UInt64(evidence.quote[$1]) }
            let sizes: [UInt64] = [
                0, 1, 63, 128, size - 1, size + 1, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF,
            ]
            for other in sizes where other < 1 << UInt64(8 * byteCount) {
                var altered = evidence
                altered.quote.replaceSubrange(field, with: littleEndian(other).prefix(byteCount))
                #expect(altered.failure == .badSignatureData, "offset \(offset), size \(other)")
            }
        }
        for (offset, type) in [(128, 6), (616, 5)] {
            for other in 0...9 where other != type {
                var altered = evidence
                altered.quote[start + offset] = UInt8(other)
                #expect(altered.failure == .unsupportedCertificationData)
                altered.quote[start + offset] = UInt8(type)
                altered.quote[start + offset + 1] = 1
                #expect(altered.failure == .unsupportedCertificationData)
            }
        }
    }

    @Test(arguments: forms)
    func `bytes behind the signature data do not matter`(form: Int) {
        var evidence = PlatformSample.sound[form]
        evidence.quote += [UInt8](repeating: 0, count: 307)
        #expect(evidence.failure == nil)
        evidence.quote += [1, 2, 3]
        #expect(evidence.failure == nil)
    }

    @Test(arguments: [0, 1, 1000, 65_000])
    func `authentication data may have any length`(byteCount: Int) throws {
        let refusal = try failure {
            $0.enclave.authenticationData = [UInt8](repeating: 7, count: byteCount)
        }
        // A quote has at most 64 KiB.
        #expect((refusal == nil) == (byteCount < 60_000))
    }

    /// The order of the curve, big-endian.
    private static let order = fromHex(
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")

    @Test func `numbers out of range are no signatures`() throws {
        let evidence = PlatformSample.sound[0]
        let zero = [UInt8](repeating: 0, count: 32)
        let one = [UInt8](repeating: 0, count: 31) + [1]
        let full = [UInt8](repeating: 0xFF, count: 32)
        for (start, refusal) in [
            (636, AttestationError.quoteSignature), (1154, .qeReportSignature),
        ] {
            let (r, s) = (start..<(start + 32), (start + 32)..<(start + 64))
            let genuine = (Array(evidence.quote[r]), Array(evidence.quote[s]))
            let pairs = [
                (zero, genuine.1), (genuine.0, zero), (zero, zero), (one, one),
                (Self.order, genuine.1), (genuine.0, Self.order), (full, full),
                (genuine.1, genuine.0), (genuine.0.reversed(), genuine.1.reversed()),
            ]
            for (index, pair) in pairs.enumerated() {
                var altered = evidence
                altered.quote.replaceSubrange(r, with: pair.0)
                altered.quote.replaceSubrange(s, with: pair.1)
                #expect(altered.failure == refusal, "pair \(index)")
            }
        }
    }

    @Test func `a key off the curve signs nothing`() throws {
        let generator =
            "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
            + "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
        var point = fromHex(generator)
        #expect(Self.isPoint(point))
        point[63] ^= 1
        #expect(!Self.isPoint(point))
        #expect(!Self.isPoint([UInt8](repeating: 0, count: 64)))
        #expect(!Self.isPoint([UInt8](repeating: 0xFF, count: 64)))
        #expect(!Self.isPoint([4] + point))
        #expect(!Self.isPoint([]))
    }

    private static func isPoint(_ bytes: [UInt8]) -> Bool {
        ECDSAPublicKey(.p256, point: bytes.span) != nil
    }

    @Test(.enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.whereToPut)))
    func `signatures agree with Wycheproof`() throws {
        let tests = Vectors.wycheproof("ecdsa_secp256r1_sha256_p1363_test.json")
        #expect(tests.count > 200)
        for test in tests {
            let key = try #require(test["publicKey"] as? [String: Any])
            let point = fromHex(try #require(key["uncompressed"] as? String))
            let message = fromHex(try #require(test["msg"] as? String))
            let signature = fromHex(try #require(test["sig"] as? String))
            let isValid = Self.verifies(signature, message, Array(point.dropFirst()))
            #expect(isValid == (test["result"] as? String == "valid"), "\(test["tcId"] ?? "")")
        }
    }

    private static func verifies(
        _ signature: [UInt8], _ message: [UInt8], _ point: [UInt8]
    ) -> Bool {
        guard let key = ECDSAPublicKey(.p256, point: point.span) else { return false }
        return key.verifies(signature.span, over: message.span)
    }
}
