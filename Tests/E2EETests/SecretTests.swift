import Testing

@testable import E2EE

@Suite struct SecretTests {
    @Test func `a secret is zero until it is written`() {
        var secret = Secret(count: 5)
        #expect(secret.bytes.array == [0, 0, 0, 0, 0])
        var bytes = secret.mutableBytes
        bytes[4] = 9
        #expect(secret.bytes.array == [0, 0, 0, 0, 9])
    }

    @Test func `wiping leaves zeros and the length`() {
        var secret = Secret(ones.span)
        #expect(secret.bytes.array == ones)
        secret.wipe()
        #expect(secret.bytes.array == [UInt8](repeating: 0, count: 32))
    }

    @Test func `a secret may be empty`() {
        let secret = Secret(count: 0)
        let isEmpty = secret.bytes.isEmpty
        #expect(isEmpty)
    }
}
