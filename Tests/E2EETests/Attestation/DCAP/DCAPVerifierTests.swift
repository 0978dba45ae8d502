import Simulator
import Testing

@testable import E2EE

@Suite struct DCAPVerifierTests {
    @Test(arguments: PlatformSample.sound)
    func `a sound quote passes every check in its order`(evidence: SimulatedEvidence) throws {
        let verdict = evidence.verdict()
        #expect(verdict.failure == nil)
        #expect(verdict.isAccepted)
        #expect(verdict.completed == QuoteVerdict.Step.allCases)
        #expect(verdict.status == .upToDate)
        #expect(verdict.advisories == [])
        #expect(verdict.fmspc == [0x51, 0x3D, 0, 0, 0, 0])
        #expect(verdict.evaluation == EvaluationNumbers(tcbInfo: 20, qeIdentity: 20))
        #expect(verdict.expiresAt == PlatformSample.now + 30 * 86_400)
        #expect(verdict.tcbDate == PlatformSample.now - 3600)
    }

    @Test func `Intel's root does not vouch for a simulated platform`() {
        let evidence = PlatformSample.sound[0]
        let verdict = DCAPVerifier().verdict(
            quote: evidence.quote.span, collateral: evidence.collateral, at: PlatformSample.now)
        #expect(verdict.failure == .untrustedRoot)
        #expect(verdict.status == nil)
        #expect(verdict.completed == [.quoteFormat])
    }

    @Test(arguments: [[], [0x30], [UInt8](repeating: 0, count: 659)])
    func `a root that is no certificate vouches for nothing`(root: [UInt8]) {
        let evidence = PlatformSample.sound[0]
        let verdict = DCAPVerifier(root: root).verdict(
            quote: evidence.quote.span, collateral: evidence.collateral, at: PlatformSample.now)
        #expect(verdict.failure == .untrustedRoot)
    }

    @Test func `the embedded root is Intel's`() throws {
        let root = IntelRoot.der
        let digest = try Digest.sha256(root.span)
        #expect(
            toHex(digest)
                == "44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3")
    }

    @Test(arguments: PlatformSample.sound)
    func `a quote says which collateral it needs`(evidence: SimulatedEvidence) throws {
        let verifier = DCAPVerifier(root: evidence.pki.root.certificate.der)
        let platform = try verifier.platform(of: evidence.quote.span, at: PlatformSample.now)
        #expect(platform.fmspc == [0x51, 0x3D, 0, 0, 0, 0])
        #expect(platform.authority == .platform)
        #expect(throws: AttestationError.untrustedRoot) {
            try DCAPVerifier().platform(of: evidence.quote.span, at: PlatformSample.now)
        }
    }

    @Test func `a Processor CA vouches as a Platform CA does`() throws {
        var sample = PlatformSample()
        sample.profiles.platform.commonName = "Simulated SGX PCK Processor CA"
        let evidence = try sample.made()
        #expect(evidence.failure == nil)
        let verifier = DCAPVerifier(root: evidence.pki.root.certificate.der)
        let platform = try verifier.platform(of: evidence.quote.span, at: PlatformSample.now)
        #expect(platform.authority == .processor)
    }

    @Test func `every quote of its own is refused with another one's certificates`() throws {
        let (first, second) = (PlatformSample.sound[0], PlatformSample.sound[1])
        var mixed = first
        mixed.collateral = second.collateral
        #expect(mixed.failure == .badTCBSigningChain)
    }

    @Test func `the verdict ends with the first of what it rests on`() throws {
        let now = PlatformSample.now
        let ends: [((inout PlatformSample) -> Void, Int)] = [
            ({ $0.profiles.pck.validity = 0..<(now + 10) }, now + 11),
            ({ $0.profiles.platform.validity = 0..<(now + 10) }, now + 11),
            ({ $0.profiles.root.validity = 0..<(now + 10) }, now + 11),
            ({ $0.profiles.signing.validity = 0..<(now + 10) }, now + 11),
            ({ $0.contents.rootListValidity = 0..<(now + 10) }, now + 10),
            ({ $0.contents.pckListValidity = 0..<(now + 10) }, now + 10),
            ({ $0.contents.tcbInfo.validity = 0..<(now + 10) }, now + 10),
            ({ $0.contents.qeIdentity.validity = 0..<(now + 10) }, now + 10),
        ]
        for (change, end) in ends {
            var sample = PlatformSample()
            change(&sample)
            let evidence = try sample.made()
            #expect(evidence.verdict().expiresAt == end)
            #expect(evidence.verdict(at: end - 1).failure == nil)
            #expect(evidence.verdict(at: end).failure != nil)
        }
    }
}
