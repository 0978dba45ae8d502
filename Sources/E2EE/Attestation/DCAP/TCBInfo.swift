import Bytes

/// What Intel says of one family of TDX platforms: which versions are how good. Source: Intel SGX
/// and TDX Provisioning Certification Service API, version 4, TDX TCB info.
struct TCBInfo: Equatable, Sendable {
    let validity: Range<Int>
    let fmspc: [UInt8]
    let pceID: [UInt8]
    let evaluationNumber: Int
    /// For modules of version 0, which have no identity of their own.
    let module: TDXModuleIdentity?
    let moduleIdentities: [TDXModuleIdentity]
    /// The most demanding first.
    let levels: [PlatformTCBLevel]

    /// - `json`: the signed text, its signature already verified.
    /// - Throws: `.tcbInfoMismatch` of a document for another technology or in another version;
    ///   `.tcbInfoMalformed`.
    init(_ json: Span<UInt8>) throws(AttestationError) {
        guard let members = JSONMembers(checking: json) else { throw .tcbInfoMalformed }
        guard members.value("id", in: json)?.says("TDX", in: json) == true,
            let version = members.number("version", max: .max, in: json), version >= 3,
            members.number("tcbType", max: .max, in: json) == 0
        else { throw .tcbInfoMismatch }
        guard let validity = members.validity(in: json),
            let fmspc = members.hex("fmspc", byteCount: 6, in: json),
            let pceID = members.hex("pceId", byteCount: 2, in: json),
            let evaluation = members.number("tcbEvaluationDataNumber", max: .max, in: json),
            let levels = Self.levels(of: members, in: json),
            let identities = Self.identities(of: members, in: json)
        else { throw .tcbInfoMalformed }
        if let value = members.value("tdxModule", in: json) {
            guard let module = TDXModuleIdentity(base: value, in: json) else {
                throw .tcbInfoMalformed
            }
            self.module = module
        } else {
            module = nil
        }
        self.validity = validity
        self.fmspc = fmspc
        self.pceID = pceID
        evaluationNumber = evaluation
        moduleIdentities = identities
        self.levels = levels
    }

    private static func levels(
        of members: JSONMembers, in json: Span<UInt8>
    ) -> [PlatformTCBLevel]? {
        guard let elements = members.value("tcbLevels", in: json)?.elements(in: json) else {
            return nil
        }
        var levels: [(rank: [Int], level: PlatformTCBLevel)] = []
        for element in elements {
            guard let members = JSONMembers(element, in: json),
                let level = PlatformTCBLevel(members, in: json)
            else { return nil }
            levels.append((level.rank, level))
        }
        levels.sort { $1.rank.lexicographicallyPrecedes($0.rank) }
        for index in levels.indices.dropFirst() where levels[index].rank == levels[index - 1].rank {
            return nil
        }
        return levels.map(\.level)
    }

    private static func identities(
        of members: JSONMembers, in json: Span<UInt8>
    ) -> [TDXModuleIdentity]? {
        guard let list = members.value("tdxModuleIdentities", in: json) else { return [] }
        guard let elements = list.elements(in: json) else { return nil }
        var identities: [TDXModuleIdentity] = []
        for element in elements {
            guard let identity = TDXModuleIdentity(element, in: json),
                !identities.contains(where: { $0.id == identity.id })
            else { return nil }
            identities.append(identity)
        }
        return identities
    }

    /// The identity of a module of this version; nil where the document knows none.
    func module(ofVersion version: UInt8) -> TDXModuleIdentity? {
        guard version > 0 else { return module }
        let id = "TDX_" + Hex.string([version].span).uppercased()
        return moduleIdentities.first { $0.id == id }
    }
}
