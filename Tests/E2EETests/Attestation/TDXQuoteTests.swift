import Testing

@testable import E2EE

private func parse(_ bytes: [UInt8]) -> Result<TDXQuote, AttestationError> {
    do throws(AttestationError) {
        return .success(try TDXQuote(bytes.span))
    } catch {
        return .failure(error)
    }
}

@Suite struct TDXQuoteTests {
    private static func versions() -> [QuoteSample] {
        var (first, second, third) = (QuoteSample(), QuoteSample(), QuoteSample())
        first.version = 4
        second.version = 5
        second.bodyType = 2
        third.version = 5
        third.bodyType = 3
        return [first, second, third]
    }

    @Test(arguments: versions())
    func `the fields are where the report has them`(sample: QuoteSample) throws {
        var sample = sample
        sample.reportData = Array(0..<64)
        let bytes = sample.bytes
        let quote = try parse(bytes).get()
        let start = sample.version == 4 ? 48 : 54
        #expect(quote.version == Int(sample.version))
        #expect(quote.body.lowerBound == start)
        #expect(quote.signed == 0..<quote.body.upperBound)
        #expect(Array(bytes[quote.signatureData]) == sample.signature)
        #expect(quote.attributes == 1 << 28)
        #expect(Array(bytes[quote.reportData]) == sample.reportData)
        let offsets = [
            quote.teeTCBSVN, quote.mrSEAM, quote.mrSignerSEAM, quote.seamAttributes, quote.xfam,
            quote.mrTD, quote.mrConfigID, quote.mrOwner, quote.mrOwnerConfig, quote.rtmr(0),
            quote.rtmr(1), quote.rtmr(2), quote.rtmr(3),
        ].map { $0.lowerBound - start }
        #expect(offsets == [0, 16, 64, 112, 128, 136, 184, 232, 280, 328, 376, 424, 472])
        let isNewer = quote.report == .version15
        #expect((quote.teeTCBSVN2?.lowerBound == start + 584) == isNewer)
        #expect((quote.mrServiceTD?.lowerBound == start + 600) == isNewer)
        #expect(quote.mrServiceTD?.upperBound ?? start + 584 == quote.body.upperBound)
    }

    @Test(arguments: versions())
    func `every cut is refused`(sample: QuoteSample) {
        let bytes = sample.bytes
        for count in 0..<bytes.count {
            #expect(
                parse(Array(bytes.prefix(count))) == .failure(.quoteTruncated(byteCount: count)))
        }
    }

    @Test(arguments: versions())
    func `bytes behind the signature data are not looked at`(sample: QuoteSample) throws {
        var padded = sample
        padded.padding = (0..<70).map { UInt8($0) }
        let (plain, withPadding) = (try parse(sample.bytes).get(), try parse(padded.bytes).get())
        #expect(plain.signatureData == withPadding.signatureData)
    }

    @Test func `a quote of 64 KiB is read and a longer one is not`() {
        var sample = QuoteSample()
        sample.padding = [UInt8](repeating: 0, count: TDXQuote.byteCountMax - sample.bytes.count)
        #expect((try? parse(sample.bytes).get()) != nil)
        sample.padding.append(0)
        #expect(
            parse(sample.bytes) == .failure(.quoteTooLarge(byteCountMax: TDXQuote.byteCountMax)))
    }

    @Test(arguments: [0, 1, 2, 3, 4, 5, 6, 7] as [UInt64])
    func `a TD under debug is told apart`(bit: UInt64) throws {
        var sample = QuoteSample()
        #expect(try !parse(sample.bytes).get().isUnderDebug)
        sample.attributes |= 1 << bit
        #expect(try parse(sample.bytes).get().isUnderDebug)
    }

    @Test func `altered quotes never crash the parser`() {
        var entropy = TestEntropy(seed: 2)
        for sample in Self.versions() {
            for _ in 0..<2000 {
                var bytes = sample.bytes
                for _ in 0..<(1 + entropy.next() % 4) {
                    let place = Int(entropy.next() % 710)
                    bytes[place] = UInt8(truncatingIfNeeded: entropy.next())
                }
                if case .success(let quote) = parse(bytes) {
                    #expect(quote.signatureData.upperBound <= bytes.count)
                }
            }
        }
    }

    @Test(.enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.whereToPut)))
    func `genuine quotes read as another verifier reads them`() throws {
        let quotes = try #require(
            Vectors.object("tdx/expected.json")["quotes"] as? [String: [String: Any]])
        #expect(quotes.count >= 59)
        for (name, expected) in quotes {
            let bytes = try #require(Vectors.bytes("tdx/quotes/\(name).bin"))
            guard expected["tee_type"] as? Int == 0x81 else {
                #expect(parse(bytes) == .failure(.notTDX), "\(name)")
                continue
            }
            let quote = try parse(bytes).get()
            #expect(quote.version == expected["version"] as? Int, "\(name)")
            let isNewer = expected["body_type"] as? Int == 3
            #expect(quote.report == (isNewer ? .version15 : .version10), "\(name)")
            let trailing = bytes.count - quote.signatureData.upperBound
            #expect(trailing == expected["trailing_bytes"] as? Int, "\(name)")
            #expect(quote.isUnderDebug == (name == "tk-v4-trustee-DEBUG"), "\(name)")
            for (field, range) in [
                ("tee_tcb_svn", quote.teeTCBSVN), ("mr_seam", quote.mrSEAM),
                ("xfam", quote.xfam), ("mr_td", quote.mrTD),
                ("mr_config_id", quote.mrConfigID), ("report_data", quote.reportData),
            ] {
                #expect(toHex(Array(bytes[range])) == expected[field] as? String, "\(name)")
            }
            let registers = (0..<4).map { toHex(Array(bytes[quote.rtmr($0)])) }
            #expect(registers == expected["rtmr"] as? [String], "\(name)")
        }
    }
}
