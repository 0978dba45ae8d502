import Testing

@testable import E2EE

@Suite struct AttestationNonceTests {
    @Test func `nonces are fresh and written in 64 lower-case digits`() throws {
        var entropy = SystemEntropy()
        let nonces = try (0..<100).map { _ in try AttestationNonce(from: &entropy).hex }
        #expect(Set(nonces).count == 100)
        #expect(nonces.allSatisfy { $0.utf8.count == 64 && $0 == $0.lowercased() })
    }

    @Test func `case does not matter when a nonce is read`() {
        let hex = String(repeating: "aB", count: 32)
        #expect(AttestationNonce(hex: hex)?.hex == hex.lowercased())
        #expect(AttestationNonce(hex: hex) == AttestationNonce(hex: hex.uppercased()))
    }

    @Test(arguments: [
        "", "ab", String(repeating: "g", count: 64), String(repeating: "a", count: 66),
    ])
    func `anything else is no nonce`(text: String) {
        #expect(AttestationNonce(hex: text) == nil)
    }

    @Test func `without entropy there is no nonce`() {
        var dry = NoEntropy()
        #expect(throws: E2EEError.noEntropy) { try AttestationNonce(from: &dry) }
    }
}
