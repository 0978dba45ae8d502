import Bytes

/// One level of a platform's versions.
struct PlatformTCBLevel: Equatable, Sendable {
    /// Sixteen each.
    let sgxComponents: [UInt8]
    let tdxComponents: [UInt8]
    let pceSVN: Int
    let judgement: TCBJudgement

    /// nil where a member is missing or malformed, or there are not sixteen components twice.
    init?(_ level: JSONMembers, in json: Span<UInt8>) {
        guard let tcb = level.object("tcb", in: json),
            let sgx = Self.components("sgxtcbcomponents", of: tcb, in: json),
            let tdx = Self.components("tdxtcbcomponents", of: tcb, in: json),
            let pceSVN = tcb.number("pcesvn", max: 0xFFFF, in: json),
            let judgement = TCBJudgement(level, domain: TCBStatus.ofPlatforms, in: json)
        else { return nil }
        sgxComponents = sgx
        tdxComponents = tdx
        self.pceSVN = pceSVN
        self.judgement = judgement
    }

    private static func components(
        _ name: StaticString, of tcb: JSONMembers, in json: Span<UInt8>
    ) -> [UInt8]? {
        guard let elements = tcb.value(name, in: json)?.elements(in: json), elements.count == 16
        else { return nil }
        var components: [UInt8] = []
        for element in elements {
            guard let svn = JSONMembers(element, in: json)?.number("svn", max: 0xFF, in: json)
            else { return nil }
            components.append(UInt8(svn))
        }
        return components
    }

    /// Levels are tried from the one that demands most.
    var rank: [Int] { sgxComponents.map(Int.init) + [pceSVN] + tdxComponents.map(Int.init) }
}
