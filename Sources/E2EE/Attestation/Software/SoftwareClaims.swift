import Bytes

/// What a reply says about its software, in whichever of the three shapes: parts of JSON to be read
/// when a check wants them.
struct SoftwareClaims: Sendable {
    /// The log as a JSON text: the reply's own, else the report's, else that of `tcb_info`.
    let eventLog: [UInt8]?
    /// Every text that claims to be what is run.
    let composes: [Claim]
    let appIDs: [Claim]
    let composeHashes: [Claim]
    let osImageHashes: [Claim]
    let keyCustody: [UInt8]?
    let keyset: [UInt8]?
    let keysetDigests: [Claim]
    let workloadID: Claim?
    let endorsement: [UInt8]?

    init(_ members: JSONMembers, report: JSONMembers?, in json: Span<UInt8>) {
        let evidence = report?.object("evidence", in: json)
        let info = members.object("info", in: json)
        let nested = JSONText(info?.value("tcb_info", in: json), in: json)
        let bytes = nested?.bytes ?? []
        let details = nested.flatMap { JSONMembers(checking: $0.bytes.span) }
        let logs = [
            JSONText(members.value("event_log", in: json), in: json),
            JSONText(evidence?.value("event_log", in: json), in: json),
            JSONText(details?.value("event_log", in: bytes.span), in: bytes.span),
        ]
        eventLog = logs.compactMap { $0?.bytes }.first
        let texts = [members, evidence].map { $0?.claim("app_compose", in: json) }
        composes = (texts + [details?.claim("app_compose", in: bytes.span)]).compactMap { $0 }
        func both(_ name: StaticString) -> [Claim] {
            [info?.claim(name, in: json), details?.claim(name, in: bytes.span)].compactMap { $0 }
        }
        appIDs = both("app_id")
        composeHashes = both("compose_hash")
        osImageHashes = both("os_image_hash")
        let custody = evidence?.value("key_custody", in: json)
        keyCustody = JSONText(custody ?? members.value("key_custody", in: json), in: json)?.bytes
        let keyset = report?.value("workload_keyset", in: json)
        self.keyset =
            JSONText(keyset ?? members.value("workload_keyset", in: json), in: json)?.bytes
        keysetDigests =
            members.claims("workload_keyset_digest", "keyset_digest", in: json)
            + (report?.claims("workload_keyset_digest", "keyset_digest", in: json) ?? [])
        workloadID = members.claim("workload_id", in: json)
        endorsement = JSONText(report?.value("keyset_endorsement", in: json), in: json)?.bytes
    }
}
