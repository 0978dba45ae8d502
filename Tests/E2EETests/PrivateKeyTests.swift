import Testing

@testable import E2EE

@Suite struct PrivateKeyTests {
    @Test func `fresh keys differ`() throws {
        var entropy = SystemEntropy()
        let first = try PrivateKey(from: &entropy).publicKey
        let second = try PrivateKey(from: &entropy).publicKey
        #expect(first != second)
    }

    @Test(arguments: [0, 31, 33])
    func `a key has 32 bytes`(count: Int) {
        let bytes = [UInt8](repeating: 1, count: count)
        #expect(throws: E2EEError.badPrivateKey) { _ = try PrivateKey(bytes.span).publicKey }
    }

    @Test func `zero and the order are no keys`() {
        let zero = [UInt8](repeating: 0, count: 32)
        let order = fromHex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")
        #expect(throws: E2EEError.badPrivateKey) { _ = try PrivateKey(zero.span).publicKey }
        #expect(throws: E2EEError.badPrivateKey) { _ = try PrivateKey(order.span).publicKey }
    }

    @Test(arguments: [0x00, 0xFF] as [UInt8])
    func `a source that only draws invalid scalars is given up`(byte: UInt8) {
        var stuck = StuckEntropy(byte: byte)
        #expect(throws: E2EEError.noEntropy) { _ = try PrivateKey(from: &stuck).publicKey }
    }

    @Test func `without entropy there is no key`() {
        var dry = NoEntropy()
        #expect(throws: E2EEError.noEntropy) { _ = try PrivateKey(from: &dry).publicKey }
    }
}
