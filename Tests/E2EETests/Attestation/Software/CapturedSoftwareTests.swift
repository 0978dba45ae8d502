import Bytes
import Foundation
import Testing

@testable import E2EE

/// One attestation inside a recorded answer, and what others found in it.
struct CapturedSoftware: Sendable, CustomTestStringConvertible {
    let capture: String
    let path: String

    var testDescription: String { "\(capture)\(path)" }

    /// All that have a log.
    static let all: [CapturedSoftware] = {
        let captures = Vectors.object("tdx/providers_expected.json")
        return captures.keys.sorted().flatMap { name -> [CapturedSoftware] in
            let checks = (captures[name] as? [String: Any])?["checks"] as? [String: Any] ?? [:]
            return checks.keys.sorted().compactMap { path in
                let isWhole = (checks[path] as? [String: Any])?["rtmr_replay"] != nil
                return isWhole ? CapturedSoftware(capture: name, path: path) : nil
            }
        }
    }()

    var expected: [String: Any] {
        let capture = Vectors.object("tdx/providers_expected.json")[capture] as? [String: Any]
        return (capture?["checks"] as? [String: Any])?[path] as? [String: Any] ?? [:]
    }

    /// The members of the attestation, and the text that they stand in.
    func members() throws -> (JSONMembers, [UInt8]) {
        let json = try #require(Vectors.bytes("tdx/providers/\(capture)/attestation.json"))
        var value = try unwrap(JSONDocument.root(of: json.span))
        for step in path.split(separator: "/") {
            if let index = Int(step) {
                value = try unwrap(value.elements(in: json.span))[index]
                continue
            }
            var found: JSONValue?
            value.forEachMember(in: json.span) { key, member in
                if JSONString.text(key, in: json.span) == step { found = member }
            }
            value = try #require(found)
        }
        return (try unwrap(JSONMembers(value, in: json.span)), json)
    }
}

@Suite(.enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.whereToPut)))
struct CapturedSoftwareTests {
    @Test func `there are captures with logs`() { #expect(CapturedSoftware.all.count == 7) }

    @Test(arguments: CapturedSoftware.all)
    func `logs, texts and pins agree with genuine quotes`(captured: CapturedSoftware) throws {
        let (members, json) = try captured.members()
        let expected = captured.expected
        let claims = SoftwareClaims(members, report: nil, in: json.span)
        let bytes = try unwrap(members.bytes("intel_quote", in: json.span))
        let quote = try TDXQuote(bytes.span)
        #expect(toHex(Array(bytes[quote.reportData])) == expected["report_data"] as? String)
        let told = try #require(claims.eventLog)
        let log = try EventLog(told.span)
        #expect(log.events.count == expected["events"] as? Int)
        let runtime = log.events.filter(\.isRuntime)
        let listed = try #require(expected["rtmr3_events"] as? [[String]])
        #expect(runtime.map { String(decoding: $0.name, as: UTF8.self) } == listed.map { $0[0] })
        for (event, entry) in zip(runtime, listed) {
            // Long payloads are listed by their beginning and an ellipsis.
            let isCut = entry[1].hasSuffix("…")
            let payload = toHex(event.payload)
            let isSame = isCut ? payload.hasPrefix(entry[1].dropLast()) : payload == entry[1]
            #expect(isSame, "\(entry[0])")
        }
        let check = SoftwareCheck(claims: claims, key: ReplySample.key, quote: quote)
        var report = AttestationReport(model: "m", level: .full)
        let seen = try check.run(on: bytes.span, &report)
        #expect(toHex(seen.composeHash) == expected["compose_hash"] as? String)
        #expect(toHex(seen.mrConfigID) == expected["mr_config_id"] as? String)
        #expect(toHex(seen.mrTD) == expected["mr_td"] as? String)
        #expect(seen.rtmrs.map(toHex) == expected["rtmr"] as? [String])
        #expect(report.warnings.isEmpty)
        var pins = PinCheck(.shipped, .strict, seen, source: "test")
        let scope = try pins.run(&report)
        #expect(scope == (captured.path.contains("gateway") ? .gateway : .modelHost))
        #expect(report.mismatches.isEmpty)
    }

    /// Full verification of a recorded answer, changed or not.
    private func report(
        on name: String, collateral: String, policy: PinPolicy = .pinned, pins: Pins = .shipped,
        _ change: (inout [String: Any]) -> Void = { _ in }
    ) throws -> AttestationReport {
        let capture = Vectors.object("tdx/providers/\(name)/capture.json")
        var reply = Vectors.object("tdx/providers/\(name)/attestation.json")
        var json = try #require(Vectors.bytes("tdx/providers/\(name)/attestation.json"))
        change(&reply)
        if reply["changed"] != nil {
            json = Array(try JSONSerialization.data(withJSONObject: reply))
        }
        let hex = try #require((capture["client_nonce_hex"] ?? capture["nonce"]) as? String)
        var full = AttestationPolicy(level: .full)
        full.pins = pins
        full.pinPolicy = policy
        let now = try #require(capture["captured_at_unix"] as? Int)
        var circumstances = Circumstances(now: now)
        let bundle = try #require(Vectors.bytes("tdx/collateral/\(collateral).json"))
        circumstances.collateral = try Collateral(bundle.span)
        return Verifier(full).report(
            on: try Evidence(json.span), model: try #require(capture["model"] as? String),
            nonce: try #require(AttestationNonce(hex: hex)), in: circumstances)
    }

    private func venice(
        _ policy: PinPolicy = .pinned, _ change: (inout [String: Any]) -> Void = { _ in }
    ) throws -> AttestationReport {
        try report(
            on: "venice-20260424-015841", collateral: "venice-20260424-015841-90c06f-platform",
            policy: policy, change)
    }

    private func gateway(
        _ policy: PinPolicy = .pinned, _ change: (inout [String: Any]) -> Void = { _ in }
    ) throws -> AttestationReport {
        try report(
            on: "venice-aci-20260713", collateral: "venice-aci-20260713-20a06f-platform",
            policy: policy, change)
    }

    @Test func `a model host of April passes all there is`() throws {
        let report = try venice(.strict)
        #expect(report.failure == nil)
        #expect(try report.verifiedKey().scope == .modelHost)
        #expect(report.warnings.isEmpty)
    }

    @Test func `the gateway of July passes with what it does not show`() throws {
        let report = try gateway()
        #expect(report.failure == nil)
        #expect(try report.verifiedKey().scope == .gateway)
        #expect(report.warnings == [.composeNotShown, .developmentImage])
        let root = "0334c76e0c3f52ec64cbf9bbf5c910c272330166fd656c0a86bb330963e46910e1"
        #expect(report.measurements?.kmsRoot.map(toHex) == root)
        #expect(try gateway(.strict).failure == .developmentImage)
        let claimed = try gateway { reply in
            reply["changed"] = true
            reply["workload_id"] = "sha256:" + String(repeating: "0", count: 64)
        }
        #expect(claimed.failure == .workloadMismatch)
    }

    @Test func `what is changed in a genuine answer is noticed`() throws {
        typealias Event = [String: Any]
        func changed(_ change: (inout [Event]) -> Void) throws -> AttestationError? {
            let report = try venice(.pinned) { reply in
                reply["changed"] = true
                var log = reply["event_log"] as? [Event] ?? []
                change(&log)
                reply["event_log"] = log
            }
            return report.failure
        }
        func place(_ name: String, _ log: [Event]) -> Int {
            log.firstIndex { $0["event"] as? String == name } ?? 0
        }
        #expect(try changed { _ in } == nil)
        let zeros = String(repeating: "00", count: 32)
        #expect(
            try changed { $0[place("compose-hash", $0)]["event_payload"] = zeros }
                == .eventDigestMismatch(index: 22))
        #expect(
            try changed { $0[3]["digest"] = zeros } == .eventLogMismatch(register: 0))
        #expect(try changed { $0.swapAt(21, 22) } == .eventLogMismatch(register: 3))
        #expect(
            try changed { $0.insert($0[place("compose-hash", $0)], at: 23) }
                == .eventLogMismatch(register: 3))
        #expect(
            try changed { $0.append($0[place("app-id", $0)]) } == .eventLogMismatch(register: 3))
        #expect(try changed { $0[0]["imr"] = 4 } == .eventLogMalformed)
        #expect(try changed { $0 = [] } == .eventLogMismatch(register: 0))
        for (member, error) in [
            ("app_compose", AttestationError.composeHashMismatch), ("compose_hash", .claimMismatch),
            ("os_image_hash", .claimMismatch),
        ] {
            let failure = try venice { reply in
                reply["changed"] = true
                var info = reply["info"] as? [String: Any] ?? [:]
                var details = info["tcb_info"] as? [String: Any] ?? [:]
                details[member] = (details[member] as? String ?? "") + "00"
                info["tcb_info"] = details
                reply["info"] = info
            }.failure
            #expect(failure == error)
        }
    }

    @Test(arguments: [("near-mpc/tcb_info.json", "mpc-v4"), ("", "dstack-v4-quote-report")])
    func `logs of other deployments replay`(file: String, name: String) throws {
        let path = file.isEmpty ? "dstack/quote-report.json" : file
        let json = try #require(Vectors.bytes("tdx/\(path)"))
        let members = try unwrap(JSONMembers(checking: json.span))
        let text = try unwrap(JSONText(members.value("event_log", in: json.span), in: json.span))
        let bytes = try #require(Vectors.bytes("tdx/quotes/\(name).bin"))
        let log = try EventLog(text.bytes.span)
        try log.check(against: try TDXQuote(bytes.span), in: bytes.span)
        let events = try BootEvents(log)
        #expect(events.osImageHash == nil)
        #expect(events.keyProvider.name == "local-sgx")
        #expect(events.appID == Array(events.composeHash.prefix(20)))
        guard let compose = members.claim("app_compose", in: json.span)?.text else { return }
        let hash = try Digest.sha256(compose.span)
        #expect(hash == events.composeHash)
    }

    @Test func `a log without digests replays in the form that was used`() throws {
        let json = try #require(Vectors.bytes("tdx/dstack/tdx-lite-getquote.json"))
        let members = try unwrap(JSONMembers(checking: json.span))
        let text = try unwrap(JSONText(members.value("event_log", in: json.span), in: json.span))
        let bytes = try unwrap(members.bytes("quote", in: json.span))
        let log = try EventLog(text.bytes.span)
        try log.check(against: try TDXQuote(bytes.span), in: bytes.span)
        #expect(try BootEvents(log).keyProvider.name == "kms")
    }
}
