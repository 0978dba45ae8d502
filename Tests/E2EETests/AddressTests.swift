import Testing

@testable import E2EE

@Suite struct AddressTests {
    @Test func `the address of the key one is the one everybody knows`() {
        let one = [UInt8](repeating: 0, count: 31) + [1]
        #expect(publicKey(of: one).address.hex == "7e5f4552091a69125d5dfcb7b8c2659029395bdf")
    }

    @Test func `the address of the vectors' key is theirs`() {
        #expect(publicKey(of: ones).address.hex == "19e7e376e7c213b7e7e7e46cc70a5dd086daff2a")
        #expect(publicKey(of: ones).address.bytes.count == 20)
    }
}
