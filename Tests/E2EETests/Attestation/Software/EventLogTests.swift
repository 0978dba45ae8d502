import Bytes
import Simulator
import Testing
import TestSupport

@testable import E2EE

@Suite struct EventLogTests {
    private func parse(_ json: String) -> Result<EventLog, AttestationError> {
        do throws(AttestationError) {
            return .success(try EventLog(bytes(json).span))
        } catch {
            return .failure(error)
        }
    }

    @Test func `a log that leads to the quote's registers says what was started`() throws {
        let sample = SoftwareSample()
        let events = try sample.outcome.get()
        #expect(events.appID == sample.software.appID)
        #expect(events.composeHash == sample.software.composeHash)
        #expect(events.osImageHash == sample.software.osImageHash)
        #expect(events.keyProvider == KeyProvider(name: "kms", id: sample.software.keyProviderID))
        #expect(events.instanceID?.count == 20)
        #expect(events.mrKMS?.count == 32)
    }

    @Test(arguments: [false, true], [false, true])
    func `runtime digests are computed in both forms, given or not`(
        isCanonical: Bool, isGiven: Bool
    ) throws {
        var sample = SoftwareSample()
        sample.form = isCanonical ? .canonical : .plain
        let form = sample.form
        sample.tell = { events in
            for index in events.indices where events[index].register == 3 {
                events[index].digest = isGiven ? toHex(events[index].measured(form)) : ""
            }
        }
        #expect(sample.outcome.refusal == nil)
    }

    @Test func `what is told must be what was measured`() {
        #expect(
            SoftwareSample.refusal { $0.tell = { $0[6].payload[0] ^= 1 } }
                == .eventDigestMismatch(index: 6))
        #expect(
            SoftwareSample.refusal { $0.tell = { $0[6].name += "x" } }
                == .eventDigestMismatch(index: 6))
        for place in 0..<14 {
            let register = min(place, 3) == 3 ? (place == 3 ? 2 : 3) : place
            let expected = AttestationError.eventLogMismatch(register: register)
            #expect(SoftwareSample.refusal { $0.tell = { $0.remove(at: place) } } == expected)
            #expect(
                SoftwareSample.refusal { $0.tell = { $0.insert($0[place], at: place) } } == expected
            )
        }
        #expect(
            SoftwareSample.refusal { $0.tell = { $0.swapAt(5, 6) } }
                == .eventLogMismatch(register: 3))
        #expect(SoftwareSample.refusal { $0.tell = { $0[0].register = 1 } } != nil)
        #expect(
            SoftwareSample.refusal {
                $0.tell = { events in
                    events[6].payload[0] ^= 1
                    events[6].digest = ""
                }
            } == .eventLogMismatch(register: 3))
    }

    @Test(arguments: ["app-id", "compose-hash", "os-image-hash", "key-provider", "mr-kms"])
    func `a name of the start counts once, and before its end`(name: String) {
        let events = SimulatedSoftware.modelHost.events
        let event = events.first { $0.name == name }!
        #expect(
            SoftwareSample.refusal { $0.events = [events[4], event] + events } == .eventRepeated)
        #expect(SoftwareSample.refusal { $0.events = events + [event] } == .eventTooLate)
        let moved = events.filter { $0.name != name } + [event]
        #expect(SoftwareSample.refusal { $0.events = moved } == .eventTooLate)
    }

    @Test func `without the events that every start has nothing is known`() {
        let events = SimulatedSoftware.modelHost.events
        for name in ["app-id", "compose-hash", "key-provider", "system-ready"] {
            let rest = events.filter { $0.name != name }
            #expect(SoftwareSample.refusal { $0.events = rest } == .eventMissing, "\(name)")
        }
        for name in ["os-image-hash", "mr-kms", "instance-id", "storage-fs"] {
            let rest = events.filter { $0.name != name }
            #expect(SoftwareSample.refusal { $0.events = rest } == nil, "\(name)")
        }
    }

    @Test func `payloads of the start have their sizes`() {
        let events = SimulatedSoftware.modelHost.events
        for (name, payload) in [
            ("app-id", [1, 2]), ("compose-hash", []), ("os-image-hash", [1]),
            ("key-provider", bytes("{}")), ("key-provider", bytes(#"{"name":"kms","id":"0"}"#)),
        ] as [(String, [UInt8])] {
            let changed = events.map { $0.name == name ? SimulatedEvent(name, payload) : $0 }
            #expect(SoftwareSample.refusal { $0.events = changed } == .eventMalformed, "\(name)")
        }
    }

    @Test(arguments: [
        "", "{}", "[", "null", "[1]", "[{}]", #"[{"imr":4,"event_type":1,"digest":"","event":""}]"#,
        #"[{"imr":-1,"event_type":1,"digest":"00","event":""}]"#,
        #"[{"imr":0,"event_type":1,"digest":"","event":""}]"#,
        #"[{"imr":0,"event_type":1,"digest":"0","event":""}]"#,
        #"[{"imr":0,"event_type":4294967296,"digest":"00","event":""}]"#,
        #"[{"imr":3,"event_type":1,"digest":"00","event":""}]"#,
        #"[{"imr":0,"event_type":134217729,"digest":"","event":"a","event_payload":""}]"#,
        #"[{"imr":3,"event_type":134217729,"digest":"","event":"a"}]"#,
        #"[{"imr":3,"event_type":134217729,"digest":"","event":"a","event_payload":"x"}]"#,
        #"[{"imr":3,"event_type":134217729,"digest":"","event":1,"event_payload":""}]"#,
        #"[{"imr":0,"event_type":1,"digest":"\#(String(repeating: "00", count: 49))","event":""}]"#,
    ])
    func `what is no log is refused`(json: String) {
        #expect(parse(json).refusal == .eventLogMalformed)
    }

    @Test func `a log has an end`() {
        let event = #"{"imr":0,"event_type":1,"digest":"00","event":""}"#
        let many = [String](repeating: event, count: EventLog.eventCountMax)
        #expect(parse("[\(many.joined(separator: ","))]").refusal == nil)
        #expect(
            parse("[\((many + [event]).joined(separator: ","))]").refusal == .eventLogMalformed)
        let spaces = String(repeating: " ", count: EventLog.byteCountMax)
        #expect(parse("[]\(spaces)").refusal == .eventLogMalformed)
    }

    @Test func `altered logs never crash and never say something else`() throws {
        var entropy = TestEntropy(seed: 5)
        let sample = SoftwareSample()
        let (log, quote) = (sample.log, sample.quote)
        let expected = try sample.outcome.get()
        for _ in 0..<3000 {
            var altered = log
            let place = Int(entropy.next() % UInt64(altered.count))
            altered[place] = UInt8(truncatingIfNeeded: entropy.next())
            guard let events = try? EventLog(altered.span),
                (try? events.check(against: TDXQuote(quote.span), in: quote.span)) != nil
            else { continue }
            #expect(try BootEvents(events) == expected)
        }
    }
}
