import Bytes

/// What the guest's own start-up measured, before it handed over to the application. Each name
/// counts once: what the application measures later says nothing about what was started.
/// Source: dstack, `dstack-util`.
struct BootEvents: Equatable, Sendable {
    /// 20 bytes.
    let appID: [UInt8]
    /// SHA-256 of the text that says what to run.
    let composeHash: [UInt8]
    /// SHA-256 of the image's list of checksums; nil where the guest does not measure it.
    let osImageHash: [UInt8]?
    let keyProvider: KeyProvider
    let mrKMS: [UInt8]?
    let instanceID: [UInt8]?

    /// - `log`: that has been replayed.
    /// - Throws: `.eventMissing`; `.eventRepeated`; `.eventTooLate` where one of the names stands
    ///   behind `system-ready`; `.eventMalformed` of a payload with the wrong size or form.
    init(_ log: EventLog) throws(AttestationError) {
        let events = log.events.filter(\.isRuntime)
        guard let end = events.firstIndex(where: { $0.name.span.equals("system-ready") }) else {
            throw .eventMissing
        }
        let (boot, application) = (events[..<end], events[end...])
        for name in Self.names {
            guard !application.contains(where: { $0.name.span.equals(name) }) else {
                throw .eventTooLate
            }
            guard boot.count(where: { $0.name.span.equals(name) }) <= 1 else {
                throw .eventRepeated
            }
        }
        func payload(_ name: StaticString) -> [UInt8]? {
            boot.first { $0.name.span.equals(name) }?.payload
        }
        guard let appID = payload("app-id"), let composeHash = payload("compose-hash"),
            let provider = payload("key-provider")
        else { throw .eventMissing }
        osImageHash = payload("os-image-hash")
        guard appID.count == 20, composeHash.count == 32, osImageHash?.count ?? 32 == 32,
            let keyProvider = KeyProvider(payload: provider.span)
        else { throw .eventMalformed }
        self.appID = appID
        self.composeHash = composeHash
        self.keyProvider = keyProvider
        mrKMS = payload("mr-kms")
        instanceID = payload("instance-id")
    }

    private static let names: [StaticString] = [
        "app-id", "compose-hash", "os-image-hash", "key-provider", "mr-kms", "instance-id",
        "boot-mr-done", "system-preparing",
    ]
}
