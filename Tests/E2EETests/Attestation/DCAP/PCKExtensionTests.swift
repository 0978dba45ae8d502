import Testing

@testable import E2EE

@Suite struct PCKExtensionTests {
    private static func read(_ bytes: [UInt8]) -> PCKExtension? {
        try? PCKExtension(bytes.span)
    }

    private static func sound() throws -> [UInt8] {
        let der = PlatformSample.sound[0].pki.pck.der
        let certificate = try #require(X509CertificateBox(der))
        return try #require(certificate.value)
    }

    /// A certificate cannot be copied, which `#require` would have to.
    private struct X509CertificateBox {
        let value: [UInt8]?

        init?(_ der: [UInt8]) {
            guard let certificate = X509Certificate(der: der) else { return nil }
            value = certificate.extensionValue(PCKExtension.identifier)
        }
    }

    @Test func `it says what the platform is`() throws {
        let value = try #require(Self.read(try Self.sound()))
        #expect(value.components == [8, 8, 2, 2, 4, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0])
        #expect(value.pceSVN == 11)
        #expect(value.pceID == [0, 0])
        #expect(value.fmspc == [0x51, 0x3D, 0, 0, 0, 0])
    }

    @Test func `cut or extended it is refused`() throws {
        let whole = try Self.sound()
        for count in 0..<whole.count { #expect(Self.read(Array(whole.prefix(count))) == nil) }
        #expect(Self.read(whole + [0]) == nil)
    }

    @Test func `altered it is refused or says something else, and never stops the program`() throws
    {
        let whole = try Self.sound()
        for index in whole.indices {
            for bit in 0..<8 {
                var altered = whole
                altered[index] ^= 1 << UInt8(bit)
                _ = Self.read(altered)
            }
        }
    }

    /// Lengths that are longer than needed, indefinite, or beyond the end.
    @Test(
        arguments: [
            [0x30, 0x81, 0x00], [0x30, 0x80], [0x30, 0x82, 0x00, 0x80], [0x30, 0x84, 0, 0, 0, 0],
            [0x30, 0x83, 0xFF, 0xFF, 0xFF], [0x3F, 0x01, 0x00], [0x30], [],
        ] as [[UInt8]])
    func `lengths that are not distinguished are refused`(bytes: [UInt8]) {
        var cursor = DERCursor(bytes.indices)
        #expect(cursor.next(in: bytes.span) == nil)
    }
}
