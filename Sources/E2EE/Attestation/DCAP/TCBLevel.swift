import Bytes

/// The judgement that a level of security versions carries.
struct TCBJudgement: Equatable, Sendable {
    var status: TCBStatus
    /// Unix seconds: the level was current from here on.
    var date: Int
    var advisories: Set<String>

    /// nil where the status is not among `domain`, or a member is missing or malformed.
    init?(_ level: JSONMembers, domain: Set<TCBStatus>, in json: Span<UInt8>) {
        guard let name = level.value("tcbStatus", in: json)?.text(in: json),
            let status = TCBStatus(rawValue: name), domain.contains(status),
            let date = level.time("tcbDate", in: json)
        else { return nil }
        var advisories: Set<String> = []
        if let list = level.value("advisoryIDs", in: json) {
            guard let names = list.elements(in: json) else { return nil }
            for name in names {
                guard let text = name.text(in: json) else { return nil }
                advisories.insert(text)
            }
        }
        self.status = status
        self.date = date
        self.advisories = advisories
    }
}

/// One level of a TDX module's or a quoting enclave's versions.
struct EnclaveTCBLevel: Equatable, Sendable {
    let svn: Int
    let judgement: TCBJudgement

    /// The levels in `owner`, the newest first; nil where one is malformed or occurs twice.
    static func list(
        in owner: JSONMembers, domain: Set<TCBStatus>, of json: Span<UInt8>
    ) -> [EnclaveTCBLevel]? {
        guard let elements = owner.value("tcbLevels", in: json)?.elements(in: json) else {
            return nil
        }
        var levels: [EnclaveTCBLevel] = []
        for element in elements {
            guard let level = JSONMembers(element, in: json),
                let svn = level.object("tcb", in: json)?.number("isvsvn", max: 0xFFFF, in: json),
                let judgement = TCBJudgement(level, domain: domain, in: json),
                !levels.contains(where: { $0.svn == svn })
            else { return nil }
            levels.append(EnclaveTCBLevel(svn: svn, judgement: judgement))
        }
        return levels.sorted { $0.svn > $1.svn }
    }
}

extension [EnclaveTCBLevel] {
    /// The judgement on an enclave with this version; nil where it is older than all levels.
    func judgement(on svn: Int) -> TCBJudgement? { first { $0.svn <= svn }?.judgement }
}

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
