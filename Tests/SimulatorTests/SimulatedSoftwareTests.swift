import Bytes
import E2EE
import Simulator
import Testing

@Suite struct SimulatedSoftwareTests {
    private static let simulator = Result { try Simulator.start(allowsMisbehaviour: true) }

    private func report(
        on model: String, _ policy: PinPolicy = .pinned, pins: Pins? = nil
    ) throws -> AttestationReport {
        let conversation = Conversation(simulator: try Self.simulator.get())
        return try conversation.report(on: model, policy, pins: pins)
    }

    @Test(arguments: PinPolicy.allCases)
    func `every sound model passes all there is, under every policy`(policy: PinPolicy) throws {
        for (model, scope) in [
            ("e2ee-demo-echo", VerifiedKey.Scope.modelHost), ("e2ee-demo-vision", .modelHost),
            ("e2ee-demo-lorem", .gateway), ("e2ee-demo-reasoning", .gateway),
        ] {
            let report = try report(on: model, policy)
            #expect(report.failure == nil, "\(model): \(String(describing: report.failure))")
            #expect(try report.verifiedKey().scope == scope)
            #expect(report.warnings.isEmpty && report.mismatches.isEmpty)
            #expect(report.approval == nil)
            #expect(report.measurements?.compose?.isEmpty == false)
            #expect((report.measurements?.kmsRoot != nil) == (scope == .gateway))
        }
    }

    static let refused: [(Misbehaviour, AttestationError)] = [
        (.eventPayloadChanged, .eventDigestMismatch(index: 6)),
        (.eventDigestChanged, .eventLogMismatch(register: 0)),
        (.eventsSwapped, .eventLogMismatch(register: 3)),
        (.eventLeftOut, .eventLogMismatch(register: 3)),
        (.composeHashTwice, .eventRepeated), (.eventAfterReady, .eventTooLate),
        (.eventOutOfRange, .eventLogMalformed), (.noEventLog, .eventLogMissing),
        (.composeChanged, .composeHashMismatch), (.claimedHashChanged, .claimMismatch),
        (.otherConfigID, .configIDMismatch), (.ownerSet, .ownerNotZero),
        (.keysetDigestChanged, .keysetDigestMismatch), (.otherWorkload, .workloadMismatch),
        (.endorsementChanged, .endorsementMismatch), (.keyNotInKeyset, .keyNotInKeyset),
        (.custodyOfOtherKey, .custodyMissing),
    ]

    @Test(arguments: refused.map(\.0), PinPolicy.allCases)
    func `what does not hold is refused under every policy`(
        misbehaviour: Misbehaviour, policy: PinPolicy
    ) throws {
        let expected = Self.refused.first { $0.0 == misbehaviour }?.1
        let report = try report(on: misbehaviour.model, policy)
        #expect(report.failure == expected)
        #expect(report.key == nil)
        let failed = report.checks.filter { if case .failed = $0.outcome { true } else { false } }
        #expect(failed.count == 1)
    }

    static let unpinned: [(Misbehaviour, AttestationError, AttestationWarning)] = [
        (.unpinnedApp, .appNotPinned, .appNotPinned),
        (.unpinnedImage, .baseImageNotPinned, .baseImageNotPinned),
        (.unpinnedKeyProvider, .keyProviderNotPinned, .keyProviderNotPinned),
        (.wrongKMSRoot, .kmsRootNotPinned, .kmsRootNotPinned),
    ]

    @Test(arguments: unpinned.map(\.0))
    func `what is not pinned is refused, told, and can be approved`(
        misbehaviour: Misbehaviour
    ) throws {
        let (_, failure, warning) = try #require(Self.unpinned.first { $0.0 == misbehaviour })
        for policy in [PinPolicy.pinned, .strict] {
            let refusal = try report(on: misbehaviour.model, policy)
            #expect(refusal.failure == failure)
            #expect(refusal.key == nil)
            let mismatch = try #require(refusal.mismatches.first)
            #expect(mismatch.isRefused)
            #expect(mismatch.description.contains("not pinned"))
            #expect(mismatch.differences.contains { !$0.expected.isEmpty })
            var pins = try Pins(json: Array(Simulator.pins.utf8).span)
            pins.merge(try #require(refusal.approval))
            let approved = try report(on: misbehaviour.model, policy, pins: pins)
            #expect(approved.failure == nil)
            #expect(approved.approval == nil)
        }
        let told = try report(on: misbehaviour.model, .report)
        #expect(told.failure == nil)
        #expect(told.warnings.contains(warning))
        #expect(try #require(told.mismatches.first).isRefused == false)
        #expect(told.approval != nil)
        #expect(told.checks.contains { if case .notRun = $0.outcome { true } else { false } })
    }

    @Test func `an app that no pin names is a gateway, whatever its reply looks like`() throws {
        let told = try report(on: Misbehaviour.unpinnedApp.model, .report)
        #expect(try told.verifiedKey().scope == .gateway)
    }

    @Test func `an image for development is named, and refused where all must be strict`() throws {
        let model = Misbehaviour.developmentImage.model
        for policy in [PinPolicy.pinned, .report] {
            let report = try report(on: model, policy)
            #expect(report.failure == nil)
            #expect(report.warnings == [.developmentImage])
        }
        #expect(try report(on: model, .strict).failure == .developmentImage)
    }

    @Test func `a new text of a pinned app is announced, and refused where all must be strict`()
        throws
    {
        let model = Misbehaviour.newCompose.model
        let announced = try report(on: model)
        #expect(announced.failure == nil)
        #expect(announced.warnings == [.newCompose])
        #expect(announced.approval?.composes.count == 1)
        #expect(announced.approval?.apps.isEmpty == true)
        let refused = try report(on: model, .strict)
        #expect(refused.failure == .composeNotPinned)
        var pins = try Pins(json: Array(Simulator.pins.utf8).span)
        pins.merge(try #require(refused.approval))
        #expect(try report(on: model, .strict, pins: pins).failure == nil)
    }

    @Test func `without pins all is refused, and all of it is told`() throws {
        let report = try report(on: "e2ee-demo-lorem", pins: Pins())
        #expect(report.failure == .baseImageNotPinned)
        #expect(report.mismatches.map(\.subject) == [.baseImage, .kmsRoot, .app, .compose])
    }
}
