import Testing

@testable import Simulator

@Suite struct DERTests {
    @Test(
        arguments: [
            ("1.2.840.10045.4.3.2", [0x06, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2]),
            ("2.5.29.14", [0x06, 3, 0x55, 0x1D, 0x0E]),
        ] as [(String, [UInt8])])
    func `object identifiers`(dotted: String, bytes: [UInt8]) {
        #expect(DER.objectIdentifier(dotted) == bytes)
    }

    @Test func `integers are as short as they can be, and never negative`() {
        #expect(DER.integer(0) == [2, 1, 0])
        #expect(DER.integer(127) == [2, 1, 127])
        #expect(DER.integer(128) == [2, 2, 0, 128])
        #expect(DER.integer(bigEndian: [0, 0, 0x80, 1]) == [2, 3, 0, 0x80, 1])
    }

    @Test(arguments: [(127, [4, 127]), (128, [4, 0x81, 128]), (300, [4, 0x82, 1, 44])])
    func `lengths`(byteCount: Int, head: [UInt8]) {
        let value = DER.octetString([UInt8](repeating: 7, count: byteCount))
        #expect(Array(value.prefix(head.count)) == head)
        #expect(value.count == head.count + byteCount)
    }

    @Test func `times have two digits for the year until 2049`() {
        #expect(DER.time(0) == [0x17, 13] + Array("700101000000Z".utf8))
        #expect(DER.time(2_524_608_000) == [0x18, 15] + Array("20500101000000Z".utf8))
    }
}
