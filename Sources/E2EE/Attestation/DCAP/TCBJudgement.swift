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
