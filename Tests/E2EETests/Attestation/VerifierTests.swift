import Bytes
import Testing
import TestSupport

@testable import E2EE

@Suite struct VerifierTests {
    private func refusal(_ change: (inout ReplySample) -> Void) -> AttestationError? {
        var sample = ReplySample()
        change(&sample)
        return verify(sample.json).refusal
    }

    @Test(arguments: [4, 5] as [UInt16], [2, 3] as [UInt16])
    func `good evidence gives its key`(version: UInt16, bodyType: UInt16) throws {
        var sample = ReplySample()
        sample.quote.version = version
        sample.quote.bodyType = bodyType
        let verified = try verify(sample.json).get()
        #expect(verified.key == ReplySample.key)
        #expect(verified.model == ReplySample.model)
        #expect(verified.expiresAt == ReplySample.now + 1800)
        #expect(verified.scope == .gateway)
    }

    @Test func `a report says what was checked and what was not`() throws {
        let checks = try report(ReplySample().json).checks
        let passed = checks.filter { $0.outcome == .passed }.map(\.name)
        #expect(
            passed == [
                "verified flag", "nonce and model echo", "key", "quote parsed", "debug off",
                "nonce and key bound",
            ])
        let others = Set(checks.map(\.name)).subtracting(passed)
        #expect(
            others == [
                "freshness", "quote signature", "certificate chain", "collateral", "GPU evidence",
                "owner registers", "event log", "start-up events", "compose text", "MR_CONFIG_ID",
                "claimed measurements", "keyset digest", "workload id", "keyset endorsement",
                "key in the keyset", "key custody", "base image", "KMS root", "app",
                "compose hash pinned",
            ])
        var dated = ReplySample()
        dated.makeACI(notAfter: "9999999999")
        let datedChecks = try report(dated.json).checks
        #expect(datedChecks.first { $0.name == "freshness" }?.outcome == .passed)
    }

    @Test func `full verification refuses rather than pass for less`() {
        let refusal = verify(ReplySample().json, level: .full).refusal
        #expect(refusal == .collateralUnavailable)
    }

    @Test(arguments: BadReply.all)
    func `bad evidence is refused by name`(bad: BadReply) {
        #expect(refusal(bad.change) == bad.refusal)
    }

    @Test(arguments: GoodReply.all)
    func `harmless differences are accepted`(good: GoodReply) {
        #expect(refusal(good.change) == nil)
    }

    @Test func `another question's evidence is refused`() {
        let json = ReplySample().json
        #expect(verify(json, model: "e2ee-other").refusal == .modelMismatch)
        let other = AttestationNonce(hex: toHex(ones))!
        #expect(verify(json, nonce: other).refusal == .nonceMismatch)
    }

    @Test func `model names are compared byte by byte`() {
        var sample = ReplySample()
        sample["model"] = "\"e\u{301}\""
        #expect(verify(sample.json, model: "\u{E9}").refusal == .modelMismatch)
        #expect(verify(sample.json, model: "e\u{301}").refusal == nil)
    }

    @Test func `every failure has a name and a message`() {
        for bad in BadReply.all {
            let error = bad.refusal
            #expect("\(error)".hasPrefix(error.name))
            #expect(error.message.hasSuffix("."))
        }
        let error = AttestationError.collateralUnavailable
        #expect(error.name == "collateralUnavailable")
    }

    @Test(arguments: [
        ("1800003600", "1800009999", 1_800_001_800),
        ("1800000900", "1800009999", 1_800_000_900),
        ("1800003600", "1800000001", 1_800_000_001),
        ("18446744073709551615", "18446744073709552000", 1_800_001_800),
        ("9223372036854775807", "9223372036854775808", 1_800_001_800),
        ("1.8446744073709552e19", "1.8446744073709552E+19", 1_800_001_800),
    ])
    func `the earliest limit is the key's`(stale: String, notAfter: String, expiry: Int) throws {
        var sample = ReplySample()
        sample.makeACI(staleAfter: stale, notAfter: notAfter)
        #expect(try verify(sample.json).get().expiresAt == expiry)
    }

    @Test(arguments: ["0", "1799999999", "1800000000"])
    func `a limit that has passed is refused`(limit: String) {
        #expect(refusal { $0.makeACI(staleAfter: limit, notAfter: "9999999999") } == .expired)
        #expect(refusal { $0.makeACI(notAfter: limit) } == .expired)
    }

    @Test(arguments: [
        "-1", "1.5", "1e10", "1.8446744073709553e19", "18446744073709551616", "\"1800003600\"",
        "true", "{}", "99999999999999999999999999",
    ])
    func `a limit that is no exact number is refused`(limit: String) {
        #expect(refusal { $0.makeACI(notAfter: limit) } == .expiryMalformed)
    }

    @Test func `the latest of times has an end`() throws {
        let verified = try verify(ReplySample().json, now: Int.max - 1).get()
        #expect(verified.expiresAt == Int.max)
        #expect(verify(ReplySample().json, now: Int.min).refusal == nil)
    }

    @Test(
        .enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.whereToPut)),
        arguments: ["venice-20260424-015841", "venice-aci-20260713"])
    func `captured evidence binds for its own nonce and for no other`(name: String) throws {
        let capture = Vectors.object("tdx/providers/\(name)/capture.json")
        let json = try #require(Vectors.bytes("tdx/providers/\(name)/attestation.json"))
        let hex = try #require((capture["client_nonce_hex"] ?? capture["nonce"]) as? String)
        let nonce = try #require(AttestationNonce(hex: hex))
        let model = try #require(capture["model"] as? String)
        let now = try #require(capture["captured_at_unix"] as? Int)
        let verified = try verify(json, model: model, nonce: nonce, now: now).get()
        #expect(verified.expiresAt == now + 1800)
        let other = ReplySample.nonce
        #expect(verify(json, model: model, nonce: other, now: now).refusal == .nonceMismatch)
        let echoed = String(decoding: json, as: UTF8.self)
            .replacing("\"nonce\":\"\(hex)\"", with: "\"nonce\":\"\(other.hex)\"")
            .replacing("\"nonce\": \"\(hex)\"", with: "\"nonce\": \"\(other.hex)\"")
            .replacing("\"request_nonce\":\"\(hex)\"", with: "\"request_nonce\":\"\(other.hex)\"")
            .replacing("\"request_nonce\": \"\(hex)\"", with: "\"request_nonce\": \"\(other.hex)\"")
        let replay = verify(bytes(echoed), model: model, nonce: other, now: now)
        #expect(echoed.contains(other.hex))
        #expect(replay.refusal == .nonceMismatch)
    }
}
