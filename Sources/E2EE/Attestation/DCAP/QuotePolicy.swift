import Bytes

/// What a TD and its machine must be like, beyond being genuine. The initial values are the strict
/// ones.
public struct QuotePolicy: Equatable, Sendable {
    /// A status other than `UpToDate` that is put up with for a while.
    public struct Tolerance: Equatable, Sendable {
        public var status: TCBStatus
        /// The open weaknesses that are known; any other one is too many.
        public var advisories: Set<String>
        /// Unix seconds: no longer tolerated from then on.
        public var end: Int

        public init(_ status: TCBStatus, advisories: Set<String>, end: Int) {
            self.status = status
            self.advisories = advisories
            self.end = end
        }

        /// - `text`: `STATUS:ADVISORY+ADVISORY:YYYY-MM-DD`, tolerated until that day begins (UTC);
        ///   nil for anything else, and for what is never tolerated.
        public init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 3, let status = TCBStatus(rawValue: String(parts[0])),
                status != .upToDate, status != .revoked
            else { return nil }
            let end = String(parts[2]) + "T00:00:00Z"
            guard let seconds = CalendarTime.seconds(rfc3339: end.utf8Span.span) else { return nil }
            self.init(
                status, advisories: Set(parts[1].split(separator: "+").map(String.init)),
                end: seconds)
        }
    }

    /// TD attributes that may be set beside SEPT_VE_DISABLE, out of `knownAttributes`.
    public var allowedAttributes: UInt64 = 0
    public var tolerances: [Tolerance] = []

    public init() {}

    /// Bit 27 LASS, 30 PKS, 31 KL, 63 PERFMON: they widen what a TD may use, and change nothing
    /// about who can read it.
    public static let knownAttributes: UInt64 = 1 << 27 | 1 << 30 | 1 << 31 | 1 << 63

    private static let septVEDisable: UInt64 = 1 << 28
    private static let migratable: UInt64 = 1 << 29

    /// - Throws: `.debugTD`, `.tdMigratable`, `.reservedAttributes`, `.tdAttributes`, `.septVE`,
    ///   `.serviceTD`.
    func check(_ quote: TDXQuote, in bytes: Span<UInt8>) throws(AttestationError) {
        let attributes = quote.attributes
        guard !quote.isUnderDebug else { throw .debugTD }
        guard attributes & Self.migratable == 0 else { throw .tdMigratable }
        let others = attributes & ~Self.septVEDisable
        guard others & ~Self.knownAttributes == 0 else { throw .reservedAttributes }
        guard others & ~allowedAttributes == 0 else { throw .tdAttributes }
        guard attributes & Self.septVEDisable != 0 else { throw .septVE }
        if let service = quote.mrServiceTD {
            guard bytes.extracting(service).isZero else { throw .serviceTD }
        }
    }

    /// - Throws: `.tcbStatus` of what is neither up to date nor tolerated.
    func check(_ tcb: TCBJudgement, at now: Int) throws(AttestationError) {
        guard tcb.status != .upToDate else { return }
        let isTolerated = tolerances.contains {
            $0.status == tcb.status && tcb.status != .revoked && now < $0.end
                && tcb.advisories.isSubset(of: $0.advisories)
        }
        guard isTolerated else { throw .tcbStatus }
    }
}

extension Span<UInt8> {
    var isZero: Bool {
        var sum: UInt8 = 0
        for index in 0..<count { sum |= self[index] }
        return sum == 0
    }
}
