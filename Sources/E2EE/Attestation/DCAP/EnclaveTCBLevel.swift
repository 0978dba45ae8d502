import Bytes

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
