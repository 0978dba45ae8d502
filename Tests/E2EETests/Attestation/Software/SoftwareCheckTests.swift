import Bytes
import Simulator
import Testing

@testable import E2EE

@Suite struct SoftwareCheckTests {
    /// What becomes of simulated software whose quote was changed.
    private func run(
        _ software: SimulatedSoftware = .modelHost, members: String? = nil,
        _ change: (inout SimulatedQuote) -> Void = { _ in }
    ) throws -> (seen: Result<Measurements, AttestationError>, report: AttestationReport) {
        var quote = SimulatedQuote(reportData: [UInt8](repeating: 0, count: 64))
        software.measure(into: &quote)
        change(&quote)
        let bytes = quote.message + [1, 0, 0, 0, 0]
        let json = Array("{\(members ?? software.flatMembers)}".utf8)
        let found = JSONMembers(checking: json.span)
        let reply = try #require(found)
        let check = SoftwareCheck(
            claims: SoftwareClaims(reply, report: nil, in: json.span), key: ReplySample.key,
            quote: try TDXQuote(bytes.span))
        var report = AttestationReport(model: "m", level: .full)
        do throws(AttestationError) {
            return (.success(try check.run(on: bytes.span, &report)), report)
        } catch {
            return (.failure(error), report)
        }
    }

    @Test func `every check is named, made or said not to have been made`() throws {
        let (seen, report) = try run()
        let measurements = try seen.get()
        #expect(measurements == report.measurements)
        #expect(report.checks.map(\.name) == Array(SoftwareCheck.names.prefix(11)))
    }

    @Test(arguments: [1, 2, 3, 0, 4, 255] as [UInt8])
    func `each form of MR_CONFIG_ID is treated as what it is`(form: UInt8) throws {
        let (seen, report) = try run { $0.mrConfigID[0] = form }
        switch form {
        case 1: #expect(seen.refusal == nil && report.warnings.isEmpty)
        case 2, 3: #expect(seen.refusal == nil && report.warnings == [.configIDNotVerified])
        default: #expect(seen.refusal == .configIDMismatch)
        }
        let zeros = [UInt8](repeating: 0, count: 48)
        let unset = try run { $0.mrConfigID = zeros }
        #expect(unset.seen.refusal == nil && unset.report.warnings == [.configIDUnset])
    }

    @Test(arguments: 1..<48)
    func `all of MR_CONFIG_ID counts`(place: Int) throws {
        #expect(try run { $0.mrConfigID[place] ^= 1 }.seen.refusal == .configIDMismatch)
    }

    @Test func `owners are nobody`() throws {
        #expect(try run { $0.mrOwner[0] = 1 }.seen.refusal == .ownerNotZero)
        #expect(try run { $0.mrOwnerConfig[47] = 1 }.seen.refusal == .ownerNotZero)
    }

    @Test func `every register counts`() throws {
        for register in 0..<4 {
            #expect(
                try run { $0.rtmrs[register][47] ^= 1 }.seen.refusal
                    == .eventLogMismatch(register: register))
        }
    }

    @Test func `a log may be a text, and details too`() throws {
        let software = SimulatedSoftware.modelHost
        let log = "[\(software.events.map(\.json).joined(separator: ","))]"
        let text = jsonString(bytes(log))
        let details = jsonString(bytes(#"{"event_log":\#(text),"app_compose":""}"#))
        #expect(try run(members: #""event_log":\#(text)"#).report.warnings == [.composeNotShown])
        let nested = try run(members: #""info":{"tcb_info":\#(details)}"#)
        #expect(nested.seen.refusal == .composeHashMismatch)
        #expect(try run(members: #""event_log":null"#).seen.refusal == .eventLogMissing)
        #expect(try run(members: #""event_log":7"#).seen.refusal == .eventLogMalformed)
    }

    @Test func `an image must be named`() throws {
        var sample = SoftwareSample()
        let events = sample.software.events.filter { $0.name != "os-image-hash" }
        sample.events = events
        let log = #""event_log":\#(String(decoding: sample.log, as: UTF8.self))"#
        let (seen, _) = try run(members: log) {
            $0.rtmrs = SimulatedEvent.registers(after: events)
        }
        #expect(seen.refusal == .osImageUnknown)
    }

    @Test func `an image is pinned by all of its values together`() throws {
        let seen = try run().seen.get()
        let sound = SimulatedSoftware.modelHost.pins(scope: .modelHost)
        let changes: [(inout Pins) -> Void] = [
            { $0.baseImages[0].mrTD[0] ^= 1 }, { $0.baseImages[0].rtmr1[0] ^= 1 },
            { $0.baseImages[0].rtmr2[0] ^= 1 }, { $0.baseImages[0].osImageHash[0] ^= 1 },
        ]
        for (index, change) in changes.enumerated() {
            var pins = sound
            change(&pins)
            var report = AttestationReport(model: "m", level: .full)
            var check = PinCheck(pins, .pinned, seen, source: "test")
            #expect(throws: AttestationError.baseImageNotPinned) { _ = try check.run(&report) }
            let differences = try #require(report.mismatches.first).differences
            let others = differences.indices.filter {
                differences[$0].expected.allSatisfy { $0.value != differences[0].seen }
                    && differences[$0].expected[0].value != differences[$0].seen
            }
            #expect(others == [index])
        }
    }
}
