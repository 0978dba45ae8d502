import Bytes

/// Holds measured software against pins. All pins are looked at before anything is refused, so that
/// a report shows every difference and one approval can settle them.
struct PinCheck {
    let pins: Pins
    let policy: PinPolicy
    let seen: Measurements
    /// Where values come from that a user approves.
    let source: String

    private var refusal: AttestationError?

    init(_ pins: Pins, _ policy: PinPolicy, _ seen: Measurements, source: String) {
        self.pins = pins
        self.policy = policy
        self.seen = seen
        self.source = source
    }

    /// - Returns: what machine the pins say this is; a gateway where they say nothing.
    /// - Throws: the first mismatch that the policy refuses.
    mutating func run(_ report: inout AttestationReport) throws(AttestationError)
        -> VerifiedKey.Scope
    {
        var approval = Pins()
        checkImage(&report, &approval)
        checkRoot(&report, &approval)
        let app = checkApp(&report, &approval)
        checkCompose(of: app, &report, &approval)
        if !approval.isEmpty { report.approval = approval }
        if let refusal { throw refusal }
        return app?.scope ?? .gateway
    }

    private mutating func checkImage(_ report: inout AttestationReport, _ approval: inout Pins) {
        report.begin("base image")
        guard let image = pins.baseImages.first(where: { $0.describes(seen) }) else {
            approval.baseImages = [
                Pins.BaseImage(
                    name: "approved", mrTD: seen.mrTD, rtmr1: seen.rtmrs[1], rtmr2: seen.rtmrs[2],
                    osImageHash: seen.osImageHash, isDevelopment: false, source: source)
            ]
            let all = pins.baseImages
            let differences = [
                difference("mr_td", seen.mrTD, all.map { ($0.name, $0.mrTD) }),
                difference("rtmr1", seen.rtmrs[1], all.map { ($0.name, $0.rtmr1) }),
                difference("rtmr2", seen.rtmrs[2], all.map { ($0.name, $0.rtmr2) }),
                difference(
                    "os_image_hash", seen.osImageHash, all.map { ($0.name, $0.osImageHash) }),
            ]
            return mismatch(
                .baseImage, differences, .baseImageNotPinned, .baseImageNotPinned, &report)
        }
        guard image.isDevelopment else { return report.finish(detail: image.name) }
        report.warnings.append(.developmentImage)
        guard policy == .strict else { return report.finish(detail: image.name) }
        refuse(.developmentImage, &report)
    }

    private mutating func checkRoot(_ report: inout AttestationReport, _ approval: inout Pins) {
        guard let key = seen.kmsRoot else {
            return report.skip("KMS root", because: "the reply has no key custody")
        }
        report.begin("KMS root")
        if let root = pins.kmsRoots.first(where: { $0.key == key }) {
            return report.finish(detail: root.name)
        }
        approval.kmsRoots = [Pins.KMSRoot(name: "approved", key: key, source: source)]
        mismatch(
            .kmsRoot, [difference("key", key, pins.kmsRoots.map { ($0.name, $0.key) })],
            .kmsRootNotPinned, .kmsRootNotPinned, &report)
    }

    private mutating func checkApp(
        _ report: inout AttestationReport, _ approval: inout Pins
    ) -> Pins.App? {
        report.begin("app")
        guard let provider = seen.keyProvider else {
            refuse(.keyProviderNotPinned, &report)
            return nil
        }
        let named = pins.apps.filter { $0.appID == seen.appID }
        if let app = named.first(where: { $0.keyProvider == provider }) {
            report.finish(detail: app.name)
            return app
        }
        approval.apps = [
            Pins.App(
                name: "approved", appID: seen.appID, keyProvider: provider,
                scope: named.first?.scope ?? .gateway, source: source)
        ]
        guard named.isEmpty else {
            let expected = named.map { ($0.name, $0.keyProvider.text) }
            mismatch(
                .keyProvider, [Self.difference("key_provider", provider.text, expected)],
                .keyProviderNotPinned, .keyProviderNotPinned, &report)
            return nil
        }
        mismatch(
            .app, [difference("app_id", seen.appID, pins.apps.map { ($0.name, $0.appID) })],
            .appNotPinned, .appNotPinned, &report)
        return nil
    }

    private mutating func checkCompose(
        of app: Pins.App?, _ report: inout AttestationReport, _ approval: inout Pins
    ) {
        report.begin("compose hash pinned")
        let known = pins.composes.filter { $0.appID == seen.appID }
        if let compose = known.first(where: { $0.composeHash == seen.composeHash }) {
            return report.finish(detail: compose.name)
        }
        approval.composes = [
            Pins.Compose(
                name: "approved", appID: seen.appID, composeHash: seen.composeHash, source: source)
        ]
        let expected = known.map { ($0.name, $0.composeHash) }
        mismatch(
            .compose, [difference("compose_hash", seen.composeHash, expected)],
            policy == .strict ? .composeNotPinned : nil, .newCompose, &report)
    }

    /// - `error`: nil where not even a policy that refuses does so.
    private mutating func mismatch(
        _ subject: PinMismatch.Subject, _ differences: [PinMismatch.Difference],
        _ error: AttestationError?, _ warning: AttestationWarning, _ report: inout AttestationReport
    ) {
        let error = policy == .report ? nil : error
        report.mismatches.append(
            PinMismatch(subject: subject, differences: differences, isRefused: error != nil))
        if let error { return refuse(error, &report) }
        report.warnings.append(warning)
        report.passOver(because: "not pinned; put up with by the policy \(policy.rawValue)")
    }

    private mutating func refuse(_ error: AttestationError, _ report: inout AttestationReport) {
        refusal = refusal ?? error
        report.fail(error)
    }

    private func difference(
        _ field: String, _ seen: [UInt8], _ expected: [(name: String, value: [UInt8])]
    ) -> PinMismatch.Difference {
        Self.difference(
            field, Hex.string(seen.span), expected.map { ($0.name, Hex.string($0.value.span)) })
    }

    private static func difference(
        _ field: String, _ seen: String, _ expected: [(name: String, value: String)]
    ) -> PinMismatch.Difference {
        PinMismatch.Difference(
            field: field, seen: seen,
            expected: expected.map {
                PinMismatch.Difference.Expected(name: $0.name, value: $0.value)
            })
    }
}
