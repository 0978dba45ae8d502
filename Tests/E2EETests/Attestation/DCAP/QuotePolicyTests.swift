import Simulator
import Testing

@testable import E2EE

@Suite struct QuotePolicyTests {
    private static func refusal(_ attributes: UInt64) throws -> AttestationError? {
        try failure { $0.quote.attributes = attributes }
    }

    private static let required: UInt64 = 1 << 28

    @Test(arguments: 0..<64)
    func `no attribute may be set but the one that must be`(bit: Int) throws {
        let refusal = try Self.refusal(Self.required | 1 << UInt64(bit))
        switch bit {
        case 0..<8: #expect(refusal == .debugTD)
        case 28: #expect(refusal == nil)
        case 29: #expect(refusal == .tdMigratable)
        case 27, 30, 31, 63: #expect(refusal == .tdAttributes)
        default: #expect(refusal == .reservedAttributes)
        }
    }

    @Test func `the host must not be able to disturb the memory unnoticed`() throws {
        #expect(try Self.refusal(0) == .septVE)
    }

    @Test(arguments: [27, 30, 31, 63])
    func `an attribute that is allowed is let pass`(bit: UInt64) throws {
        var sample = PlatformSample()
        sample.quote.attributes |= 1 << bit
        var policy = QuotePolicy()
        policy.allowedAttributes = 1 << bit
        #expect(try sample.made().verdict(policy: policy).failure == nil)
    }

    @Test func `what nobody knows cannot be allowed`() throws {
        var policy = QuotePolicy()
        policy.allowedAttributes = .max
        for (bit, refusal) in [(0, .debugTD), (29, .tdMigratable), (40, .reservedAttributes)]
            as [(UInt64, AttestationError)]
        {
            var sample = PlatformSample()
            sample.quote.attributes |= 1 << bit
            #expect(try sample.made().verdict(policy: policy).failure == refusal)
        }
    }

    @Test func `a TD with a service TD is refused`() throws {
        let refusal = try failure {
            $0.quote.version = 5
            $0.quote.report = .version15
            $0.quote.mrServiceTD[47] = 1
        }
        #expect(refusal == .serviceTD)
    }

    @Test func `a status is tolerated for known advisories and until a date`() throws {
        var sample = PlatformSample()
        sample.contents.tcbInfo.levels[0].judgement = SimulatedTCBInfo.Judgement(
            "OutOfDate", date: 0, advisories: ["INTEL-SA-1", "INTEL-SA-2"])
        let evidence = try sample.made()
        let now = PlatformSample.now
        func failure(
            _ status: TCBStatus, _ advisories: Set<String>, end: Int
        ) -> AttestationError? {
            var policy = QuotePolicy()
            policy.tolerances = [QuotePolicy.Tolerance(status, advisories: advisories, end: end)]
            return evidence.verdict(policy: policy).failure
        }
        let known: Set = ["INTEL-SA-1", "INTEL-SA-2", "INTEL-SA-3"]
        #expect(failure(.outOfDate, known, end: now + 1) == nil)
        #expect(failure(.outOfDate, known, end: now) == .tcbStatus)
        #expect(failure(.outOfDate, ["INTEL-SA-1"], end: now + 1) == .tcbStatus)
        #expect(failure(.swHardeningNeeded, known, end: now + 1) == .tcbStatus)
    }

    @Test func `a revoked platform is never tolerated, and a debug TD neither`() throws {
        var policy = QuotePolicy()
        policy.tolerances = TCBStatus.allCases.map {
            QuotePolicy.Tolerance($0, advisories: [], end: .max)
        }
        var sample = PlatformSample()
        sample.contents.tcbInfo.levels[0].judgement.status = "Revoked"
        #expect(try sample.made().verdict(policy: policy).failure == .tcbRevoked)
        sample.contents.tcbInfo.levels[0].judgement.status = "OutOfDate"
        #expect(try sample.made().verdict(policy: policy).failure == nil)
        sample.quote.attributes |= 1
        let verdict = try sample.made().verdict(policy: policy)
        #expect(verdict.failure == .debugTD)
        #expect(verdict.status == .outOfDate)
    }
}
