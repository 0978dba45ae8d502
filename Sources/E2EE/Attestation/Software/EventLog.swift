import Bytes

/// What a TD says was measured into its four run-time registers, to be replayed: believed once the
/// registers of a genuine quote come out. Source: TCG PC Client firmware profile; dstack,
/// `cc-eventlog`.
///
/// Entries are `{"imr":0…3,"event_type":u32,"digest":hex,"event":name,"event_payload":hex}`. The
/// digest of a runtime event is computed here, so its name and payload are as authentic as the
/// register; of all others only the digest is.
struct EventLog: Equatable, Sendable {
    struct Event: Equatable, Sendable {
        let register: Int
        let isRuntime: Bool
        let name: [UInt8]
        /// Empty where the event is none of runtime's: nothing vouches for that.
        let payload: [UInt8]
        /// The digest by each form; one that is given decides for its own.
        let digests: (first: [UInt8], second: [UInt8])

        static func == (left: Event, right: Event) -> Bool {
            left.register == right.register && left.name == right.name
                && left.payload == right.payload && left.digests == right.digests
        }
    }

    static let byteCountMax = 8 << 20
    static let eventCountMax = 4096
    static let runtimeType = 0x0800_0001
    static let runtimeRegister = 3
    static let registerByteCount = 48

    let events: [Event]

    /// - `json`: the array as a text of its own, or as a slice of a reply.
    /// - Throws: `.eventLogMalformed`; `.eventDigestMismatch` of a runtime event whose digest is
    ///   neither empty nor that of its name and payload.
    init(_ json: Span<UInt8>) throws(AttestationError) {
        guard json.count <= Self.byteCountMax, (try? JSONDocument.check(json)) != nil,
            let entries = JSONDocument.root(of: json)?.elements(in: json),
            entries.count <= Self.eventCountMax
        else { throw .eventLogMalformed }
        var events: [Event] = []
        events.reserveCapacity(entries.count)
        for entry in entries {
            guard let members = JSONMembers(entry, in: json) else { throw .eventLogMalformed }
            events.append(try Self.event(members, at: events.count, in: json))
        }
        self.events = events
    }

    private static func event(
        _ members: JSONMembers, at index: Int, in json: Span<UInt8>
    ) throws(AttestationError) -> Event {
        guard let register = members.number("imr", max: runtimeRegister, in: json),
            let type = members.number("event_type", max: 0xFFFF_FFFF, in: json),
            let given = members.bytes("digest", in: json), given.count <= registerByteCount,
            let name = members.claim("event", in: json)?.text
        else { throw .eventLogMalformed }
        // Only runtime events reach the last register, and they reach no other.
        guard (type == runtimeType) == (register == runtimeRegister) else {
            throw .eventLogMalformed
        }
        guard type == runtimeType else {
            guard !given.isEmpty else { throw .eventLogMalformed }
            let digest = given + [UInt8](repeating: 0, count: registerByteCount - given.count)
            return Event(
                register: register, isRuntime: false, name: name, payload: [],
                digests: (digest, digest))
        }
        guard let payload = members.bytes("event_payload", in: json) else {
            throw .eventLogMalformed
        }
        let first = try firstDigest(name, payload)
        let second = try secondDigest(name, payload)
        guard given.isEmpty || given == first || given == second else {
            throw .eventDigestMismatch(index: index)
        }
        return Event(
            register: register, isRuntime: true, name: name, payload: payload,
            digests: given.isEmpty ? (first, second) : (given, given))
    }

    /// SHA-384 of the type (32 bits, little-endian) | ":" | name | ":" | payload.
    private static func firstDigest(
        _ name: [UInt8], _ payload: [UInt8]
    ) throws(AttestationError) -> [UInt8] {
        var text = Buffer()
        for shift in [0, 8, 16, 24] {
            text.append(UInt8(truncatingIfNeeded: runtimeType >> shift))
        }
        text.append(.colon)
        text.append(name.span)
        text.append(.colon)
        text.append(payload.span)
        return try sha384(text.readable)
    }

    /// SHA-384 of the canonical `{"name":…,"payload":hex,"type":…}`.
    private static func secondDigest(
        _ name: [UInt8], _ payload: [UInt8]
    ) throws(AttestationError) -> [UInt8] {
        var text = Buffer()
        text.append("{\"name\":")
        JCS.append(string: name.span, to: &text)
        text.append(",\"payload\":\"")
        Hex.encode(payload.span, to: &text)
        text.append("\",\"type\":")
        text.append(decimal: runtimeType)
        text.append("}")
        return try sha384(text.readable)
    }

    private static func sha384(_ bytes: Span<UInt8>) throws(AttestationError) -> [UInt8] {
        do throws(E2EEError) { return try Digest.sha384(bytes) } catch { throw .engineFailed }
    }

    /// One register after all its events: each time SHA-384(register | digest), from zero on.
    private func register(
        _ index: Int, _ digest: (Event) -> [UInt8]
    ) throws(AttestationError) -> [UInt8] {
        var register = [UInt8](repeating: 0, count: Self.registerByteCount)
        for event in events where event.register == index {
            let next = register + digest(event)
            register = try Self.sha384(next.span)
        }
        return register
    }

    /// - Throws: `.eventLogMismatch` with the first register that another log made.
    func check(against quote: TDXQuote, in bytes: Span<UInt8>) throws(AttestationError) {
        for index in 0..<4 {
            let quoted = bytes.extracting(quote.rtmr(index))
            let first = try register(index) { $0.digests.first }
            if first.span.equals(quoted) { continue }
            let second = try register(index) { $0.digests.second }
            guard second.span.equals(quoted) else { throw .eventLogMismatch(register: index) }
        }
    }
}
