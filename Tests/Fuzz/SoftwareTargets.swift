import Bytes

@testable import E2EE

/// What says something about an enclave's software: logs, chains of keys, pins.
enum SoftwareTargets {
    /// A log that is read leads to registers of the right size, in one of two ways, and none of the
    /// start's names is taken from behind it.
    static func eventLog(_ input: [UInt8]) {
        guard let log = try? EventLog(input.span) else { return }
        precondition(log.events.count <= EventLog.eventCountMax, "too many events")
        for event in log.events {
            precondition(event.isRuntime == (event.register == 3), "an event out of place")
            precondition(event.digests.first.count == 48 && event.digests.second.count == 48)
            precondition(event.isRuntime || event.payload.isEmpty, "a payload nobody vouches for")
        }
        guard let events = try? BootEvents(log) else { return }
        precondition(events.appID.count == 20 && events.composeHash.count == 32, "sizes")
        let ready = log.events.firstIndex { $0.name.span.equals("system-ready") }
        let place = log.events.firstIndex { $0.name.span.equals("compose-hash") }
        guard let ready, let place else { preconditionFailure("a start without its events") }
        precondition(place < ready || !log.events[ready].isRuntime, "behind the start")
    }

    /// Whatever a stranger writes, the root that comes out is none that is pinned.
    static func keyCustody(_ input: [UInt8]) {
        guard let custody = try? KeyCustody(input.span) else { return }
        precondition(custody.entries.count <= KeyCustody.entryCountMax, "too many entries")
        let app = [UInt8](repeating: 1, count: 20)
        for entry in custody.entries {
            precondition(entry.chain.app.count == 65 && entry.chain.kms.count == 65, "sizes")
            guard let root = try? custody.root(of: entry.key, app: app) else { continue }
            precondition(root.count == 33 && (root[0] == 2 || root[0] == 3), "no compressed key")
            precondition(!Pins.shipped.kmsRoots.contains { $0.key == root }, "a forged custody")
        }
    }

    /// Pins that are read are written and read again as the same; merging twice changes nothing.
    static func pins(_ input: [UInt8]) {
        guard let first = try? Pins(json: input.span) else { return }
        var json = Buffer()
        first.write(to: &json)
        let second = try? Pins(json: json.readable)
        precondition(second == first, "pins that changed")
        var merged = Pins.shipped
        merged.merge(first)
        let once = merged
        merged.merge(first)
        precondition(merged == once, "pins that grew")
    }
}
