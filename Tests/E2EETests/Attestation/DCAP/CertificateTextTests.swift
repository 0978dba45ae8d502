import Testing

@testable import E2EE

@Suite struct CertificateTextTests {
    private static func read(_ text: String, countMax: Int = 3) -> [[UInt8]]? {
        CertificateText.certificates(in: text.utf8Span.span, countMax: countMax)
    }

    private static func armoured(_ text: String) -> String {
        "-----BEGIN CERTIFICATE-----\n\(text)\n-----END CERTIFICATE-----\n"
    }

    @Test func `what stands between the lines is decoded`() {
        #expect(Self.read("") == [])
        #expect(Self.read(" \t\r\n\u{0}") == [])
        #expect(Self.read(Self.armoured("+/8=")) == [[0xFB, 0xFF]])
        #expect(Self.read(Self.armoured("+/\r\n8=\n")) == [[0xFB, 0xFF]])
        let two = Self.armoured("AAAA") + "\n" + Self.armoured("AQID")
        #expect(Self.read(two) == [[0, 0, 0], [1, 2, 3]])
        #expect(Self.read(two, countMax: 2) == [[0, 0, 0], [1, 2, 3]])
        #expect(Self.read(two, countMax: 1) == nil)
    }

    @Test(arguments: [
        "-/8=", "+_8=", "+/8", "+/9=", "+/8==", "+ /8=", "+/8=\u{0}", "=AAA", "A", "é",
    ])
    func `only the standard alphabet is taken, with its padding`(text: String) {
        #expect(Self.read(Self.armoured(text)) == nil)
    }

    @Test(arguments: [
        "x", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\nAAAA",
        "-----END CERTIFICATE-----", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----",
        "-----begin certificate-----\nAAAA\n-----end certificate-----",
    ])
    func `other lines are refused`(text: String) {
        #expect(Self.read(text) == nil)
        #expect(Self.read(Self.armoured("AAAA") + text) == nil)
        #expect(Self.read(text + Self.armoured("AAAA")) == nil)
    }
}
