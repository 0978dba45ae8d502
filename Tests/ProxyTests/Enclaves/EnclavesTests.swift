import Testing

@testable import E2EE
@testable import Proxy
@testable import Reactor

@Suite struct `Keys of enclaves` {
    private let start = Instant(nanoseconds: 1_000_000_000)

    private func key(expiresAt: Int, model: String = "m") throws -> VerifiedKey {
        var entropy = SystemEntropy()
        return VerifiedKey(
            model: model, key: try PrivateKey(from: &entropy).publicKey, expiresAt: expiresAt,
            scope: .gateway)
    }

    private func state(_ enclaves: inout Enclaves, _ now: Instant, _ wall: Int) -> String {
        switch enclaves.look("m", at: now, wallClock: wall) {
        case .ready: "ready"
        case .renewing: "renewing"
        case .waiting: "waiting"
        case .start: "start"
        case .failed(let error): error.code
        }
    }

    private func exchange(_ number: Int) -> ExchangeID { ExchangeID(client: .none, number: number) }

    @Test func `one attestation runs at a time, and all who wait hear of it`() throws {
        var enclaves = Enclaves()
        #expect(state(&enclaves, start, 0) == "start")
        enclaves.wait(for: "m", exchange(1))
        enclaves.began("m")
        #expect(state(&enclaves, start, 0) == "waiting")
        enclaves.wait(for: "m", exchange(2))
        let waiters = enclaves.verified(try key(expiresAt: 1000), at: start, wallClock: 0)
        #expect(waiters == [exchange(1), exchange(2)])
        #expect(state(&enclaves, start, 0) == "ready")
    }

    @Test func `a key is renewed ahead of time and forgotten on either clock`() throws {
        var enclaves = Enclaves()
        enclaves.began("m")
        _ = enclaves.verified(try key(expiresAt: 1000), at: start, wallClock: 0)
        #expect(state(&enclaves, start + .seconds(799), 799) == "ready")
        #expect(state(&enclaves, start + .seconds(801), 801) == "renewing")
        enclaves.began("m")
        #expect(state(&enclaves, start + .seconds(801), 801) == "ready")
        #expect(state(&enclaves, start + .seconds(1000), 801) == "waiting")
        var other = Enclaves()
        other.began("m")
        _ = other.verified(try key(expiresAt: 1000), at: start, wallClock: 0)
        #expect(state(&other, start + .seconds(1), 1000) == "start")
    }

    @Test func `a renewal that fails leaves the key until it expires`() throws {
        var enclaves = Enclaves()
        enclaves.began("m")
        _ = enclaves.verified(try key(expiresAt: 1000), at: start, wallClock: 0)
        enclaves.began("m")
        let error = APIError(AttestationError.notVerified)
        _ = enclaves.failed("m", with: error, at: start + .seconds(900))
        #expect(state(&enclaves, start + .seconds(901), 901) == "ready")
        #expect(state(&enclaves, start + .seconds(910), 910) == "renewing")
    }

    @Test func `a failure answers for a while, then the provider is asked again`() {
        var enclaves = Enclaves()
        enclaves.wait(for: "m", exchange(1))
        enclaves.began("m")
        let error = APIError(AttestationError.debugTD)
        #expect(enclaves.failed("m", with: error, at: start) == [exchange(1)])
        #expect(state(&enclaves, start + .seconds(1), 0) == "attestation_failed")
        #expect(state(&enclaves, start + Enclaves.failureMemory, 0) == "start")
    }

    @Test func `faults that pass are tried again, a few times and no more`() {
        var enclaves = Enclaves()
        enclaves.began("m")
        #expect(enclaves.providerFailed("m", at: start, retryAfter: nil) == .milliseconds(500))
        enclaves.began("m")
        #expect(enclaves.providerFailed("m", at: start, retryAfter: 3) == .seconds(3))
        enclaves.began("m")
        #expect(enclaves.providerFailed("m", at: start, retryAfter: nil) == nil)
        var patient = Enclaves()
        patient.began("m")
        #expect(patient.providerFailed("m", at: start, retryAfter: 60) == nil)
    }

    @Test func `a storm of failures is not passed on to the provider`() {
        var enclaves = Enclaves()
        for count in 0..<Enclaves.failureCountMax {
            #expect(enclaves.restSeconds(at: start) == nil)
            enclaves.began("m\(count)")
            _ = enclaves.providerFailed("m\(count)", at: start, retryAfter: nil)
        }
        #expect(enclaves.restSeconds(at: start + .seconds(10)) == 21)
        #expect(enclaves.restSeconds(at: start + Enclaves.failureWindow) == nil)
    }

    @Test func `only the key that was refused is dropped`() throws {
        var enclaves = Enclaves()
        let first = try key(expiresAt: 1000)
        let second = try key(expiresAt: 1000)
        _ = enclaves.verified(second, at: start, wallClock: 0)
        enclaves.drop(first.key, of: "m")
        #expect(state(&enclaves, start, 0) == "ready")
        enclaves.drop(second.key, of: "m")
        #expect(state(&enclaves, start, 0) == "start")
    }
}
