import Simulator
import Testing

@testable import E2EE

/// What may be wrong with the certificates of the platform and of the collateral.
@Suite struct CertificateTests {
    private static let now = PlatformSample.now

    @Test func `each certificate must say what its place demands`() throws {
        let spoilt: [((inout PlatformSample) -> Void, AttestationError)] = [
            ({ $0.profiles.pck.commonName = "SGX TCB Signing" }, .badPCKChain),
            ({ $0.profiles.pck.role = .authority(pathLengthMax: nil) }, .badPCKChain),
            ({ $0.profiles.pck.hasUnknownCriticalExtension = true }, .badPCKChain),
            ({ $0.profiles.platform.commonName = "SGX PCK Certificate" }, .badPCKChain),
            ({ $0.profiles.platform.role = .signer }, .badPCKChain),
            ({ $0.profiles.platform.hasUnknownCriticalExtension = true }, .badPCKChain),
            ({ $0.profiles.root.role = .authority(pathLengthMax: 0) }, .badPCKChain),
            ({ $0.profiles.root.role = .signer }, .badPCKChain),
            ({ $0.profiles.signing.commonName = "SGX PCK Certificate" }, .badTCBSigningChain),
            ({ $0.profiles.signing.role = .authority(pathLengthMax: nil) }, .badTCBSigningChain),
            ({ $0.profiles.signing.hasUnknownCriticalExtension = true }, .badTCBSigningChain),
        ]
        for (index, (change, refusal)) in spoilt.enumerated() {
            #expect(try failure(change) == refusal, "case \(index)")
        }
    }

    @Test func `certificates are good from their first second through their last`() throws {
        let places: [WritableKeyPath<PlatformSample, Range<Int>>] = [
            \.profiles.pck.validity, \.profiles.platform.validity, \.profiles.root.validity,
            \.profiles.signing.validity,
        ]
        for place in places {
            var sample = PlatformSample()
            sample[keyPath: place] = Self.now..<(Self.now + 100)
            let evidence = try sample.made()
            #expect(evidence.verdict(at: Self.now - 1).failure == .certificateNotYetValid)
            #expect(evidence.verdict(at: Self.now).failure == nil)
            #expect(evidence.verdict(at: Self.now + 100).failure == nil)
            #expect(evidence.verdict(at: Self.now + 101).failure == .certificateExpired)
        }
    }

    @Test func `the chain is three certificates in their order and nothing else`() throws {
        let pki = PlatformSample.sound[0].pki
        let other = PlatformSample.sound[1].pki
        let (leaf, authority, root) = (
            pki.pck.pem, pki.platform.certificate.pem, pki.root.certificate.pem
        )
        let chains: [(String, AttestationError)] = [
            ("", .badPCKChain), (leaf, .badPCKChain), (leaf + authority, .badPCKChain),
            (leaf + authority + root + root, .badPCKChain),
            (root + authority + leaf, .untrustedRoot),
            (authority + leaf + root, .badPCKChain), (leaf + leaf + root, .badPCKChain),
            (leaf + root + root, .badPCKChain), (authority + authority + root, .badPCKChain),
            (leaf + authority + other.root.certificate.pem, .untrustedRoot),
            (leaf + other.platform.certificate.pem + root, .badPCKChain),
            (other.pck.pem + authority + root, .badPCKChain),
            (pki.signing.pem + authority + root, .badPCKChain),
            ("x" + leaf + authority + root, .badPCKChain),
            (leaf + "x" + authority + root, .badPCKChain),
            (leaf + authority + root + "x", .badPCKChain),
            (leaf + "\u{0}" + authority + root, .badPCKChain),
            (leaf.replacing("CERTIFICATE", with: "CERT") + authority + root, .badPCKChain),
        ]
        for (index, (chain, refusal)) in chains.enumerated() {
            #expect(try Self.refusal(pki, chain: chain) == refusal, "case \(index)")
        }
        for chain in [
            leaf + authority + root + "\u{0}",
            "\n" + leaf + "\r\n\n" + authority + root + " \t\u{0}",
            (leaf + authority + root).replacing("\n", with: "\r\n"),
        ] {
            #expect(try Self.refusal(pki, chain: chain) == nil)
        }
    }

    private static func refusal(_ pki: TEEPKI, chain: String) throws -> AttestationError? {
        var profile = QuotingEnclave.Profile()
        profile.chain = bytes(chain)
        let evidence = SimulatedEvidence(
            pki: pki,
            quote: try PlatformSample().quote.signed(by: try QuotingEnclave(under: pki, profile)),
            collateral: PlatformSample.sound[0].collateral)
        return evidence.failure
    }

    /// Any byte of any certificate: it is signed, or part of a signature, or breaks the encoding.
    @Test(arguments: 0..<3)
    func `no byte of a certificate can be changed`(place: Int) throws {
        let pki = PlatformSample.sound[0].pki
        let ders = [pki.pck.der, pki.platform.certificate.der, pki.root.certificate.der]
        for index in stride(from: place, to: ders[place].count, by: 5) {
            var altered = ders
            altered[place][index] ^= 0x10
            let chain = altered.map(Self.pem).joined()
            let refusal = try Self.refusal(pki, chain: chain)
            #expect(refusal == (place == 2 ? .untrustedRoot : .badPCKChain), "byte \(index)")
        }
    }

    private static func pem(_ der: [UInt8]) -> String {
        "-----BEGIN CERTIFICATE-----\n\(base64(der))\n-----END CERTIFICATE-----\n"
    }

    @Test func `a platform's description must be complete, unique and in bounds`() throws {
        for name in ["2", "3", "4"] + (1...17).map({ "2.\($0)" }) {
            #expect(
                try failure { $0.profiles.pck.intel?.missing = [name] } == .badPCKExtension,
                "\(name)")
            #expect(
                try failure { $0.profiles.pck.intel?.repeated = [name] } == .badPCKExtension,
                "\(name)")
        }
        let spoilt: [(inout PlatformSample) -> Void] = [
            { $0.profiles.pck.intel = nil }, { $0.profiles.pck.intel?.fmspc = [1, 2, 3, 4, 5] },
            { $0.profiles.pck.intel?.fmspc = [1, 2, 3, 4, 5, 6, 7] },
            { $0.profiles.pck.intel?.pceID = [0] }, { $0.profiles.pck.intel?.pceSVN = 65_536 },
            { $0.profiles.pck.intel?.componentSVNs[15] = 256 },
            { $0.profiles.pck.intel?.componentSVNs[0] = 65_536 },
        ]
        for (index, change) in spoilt.enumerated() {
            #expect(try failure(change) == .badPCKExtension, "case \(index)")
        }
        // What nobody needs may be missing.
        #expect(try failure { $0.profiles.pck.intel?.missing = ["1", "6", "7", "2.18"] } == nil)
    }

    @Test func `revoked certificates vouch for nothing`() throws {
        let sample = PlatformSample()
        #expect(
            try sample.made { $0.revokedByPlatform = [$1.pck.serial] }.failure == .pckRevoked)
        #expect(
            try sample.made { $0.revokedByRoot = [$1.platform.certificate.serial] }.failure
                == .intermediateRevoked)
        #expect(
            try sample.made { $0.revokedByRoot = [$1.signing.serial] }.failure
                == .tcbSigningRevoked)
        // A list speaks for its own issuer only.
        #expect(try sample.made { $0.revokedByRoot = [$1.pck.serial] }.failure == nil)
        #expect(
            try sample.made { $0.revokedByPlatform = [$1.signing.serial, [1, 2, 3]] }.failure
                == nil)
    }

    @Test func `the platform's certificate must come from the authority between`() throws {
        let pki = PlatformSample.sound[0].pki
        let leaf = try pki.root.issue(PlatformSample().profiles.pck, for: pki.pckKey)
        let chain = leaf.pem + pki.platform.certificate.pem + pki.root.certificate.pem
        #expect(try Self.refusal(pki, chain: chain) == .badPCKChain)
    }

    @Test(arguments: TestAuthority.ListFault.allCases)
    func `a revocation list must be complete and understood`(
        fault: TestAuthority.ListFault
    ) throws {
        let validity = PlatformSample().contents.rootListValidity
        let pki = PlatformSample.sound[0].pki
        var evidence = PlatformSample.sound[0]
        evidence.collateral.rootRevocationList = try pki.root.revocationList(
            validity: validity, fault: fault)
        #expect(evidence.failure == (fault == .none ? nil : .badCRL))
        evidence = PlatformSample.sound[0]
        evidence.collateral.pckRevocationList = try pki.platform.revocationList(
            validity: validity, fault: fault)
        #expect(evidence.failure == (fault == .none ? nil : .badCRL))
    }

    /// Self-signed certificates made with OpenSSL: a key of P-384; a signature with SHA-384; RSA.
    @Test func `other curves and other signatures are not taken`() throws {
        let otherCurve =
            "MIIBqTCCATCgAwIBAgIUX8Rc/otqlS9bVP4hwejytd/M6UcwCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBeDAeFw0yNjExMjQyMDE4MDZaFw0zNjExMjEyMDE4MDZaMAwxCjAIBgNVBAMMAXgwdjAQBgcqhkjOPQIBBgUrgQQAIgNiAARvHIY04B3WX2kESAC43JRqKID1Nm0888bO58+kf500ckYsfoo2hSsdkmQXTaNw3Zmrg7yG/wnrwwCR9EX38g7era6pkFWjtVxBYgPjC+jcHE+FPX/pjN9EQQrMaPK8LiKjUzBRMB0GA1UdDgQWBBSWFlD4EISgS5CsrhctqW8UVK9qpTAfBgNVHSMEGDAWgBSWFlD4EISgS5CsrhctqW8UVK9qpTAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA2cAMGQCMDkh2lZoaVfKCBii36JTtB8qtbfmdn43KxYZtHbLJuWJFPfhlTJKD8vC0L6tIAS4mwIwR0UB8Bhl264wFUHOSJUKTOhutIUwZOyu+Hf5Zm3bLZUiWAFQ86c9zrJAnQrAEeAC"
        let otherHash =
            "MIIBbTCCAROgAwIBAgIUX2dasUP84fmBRsc3m87txIpAbjQwCgYIKoZIzj0EAwMwDDEKMAgGA1UEAwwBeDAeFw0yNjExMjQyMDE4MDZaFw0zNjExMjEyMDE4MDZaMAwxCjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARMBpaCDPyPQI+TOaDHnP50J3aEhOoXfD9n7g6fZnkavkjaZv+ZwqcI33+zb+Z2xn7krAFy4l899vxvH3SYEW2Go1MwUTAdBgNVHQ4EFgQUG6oXQYGjTNqkxsEac1XMdzDiGPYwHwYDVR0jBBgwFoAUG6oXQYGjTNqkxsEac1XMdzDiGPYwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAwNIADBFAiAKRKabeRWwI4VXeHFRvz87ZJY9tDAgmOTmKHRPhYpU/QIhAP6giF1zi+4xhVvPnakBQ26kPjQUxYHInEKdGwtJPBcp"
        let rsa =
            "MIIB9DCCAV2gAwIBAgIUJsN2YSRgUpeMvf8LARHp2XeU6WEwDQYJKoZIhvcNAQELBQAwDDEKMAgGA1UEAwwBeDAeFw0yNjExMjQyMDE4MDZaFw0zNjExMjEyMDE4MDZaMAwxCjAIBgNVBAMMAXgwgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGBALlvOe9VgRZUcRJvJJmVT5mGaoT0LrS6QXkm1xXcjoARnn5e+IzkKQibpNdXw93T+gHk3u8FbPcRJf+xOwzqP/IQmcEeXY99fTiGdIpsud2ayBmBYBK4yItsnUAs8DhjViZTD1W3+Hl64AAflgTaFfV6m9IMPHYbdQbbhm3hT73/AgMBAAGjUzBRMB0GA1UdDgQWBBSr9Inv0E69hH9nZU6KpO8kdNTYmjAfBgNVHSMEGDAWgBSr9Inv0E69hH9nZU6KpO8kdNTYmjAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3DQEBCwUAA4GBAA152wm1UEDiFwZjQbdKQG0V1QKU8KuoQr9WzK2NBU9e46CMlDwfwYuErBsFd+PjwEXAWoRB3vXxmuxEADJ7Coz5dVKugyn3QuDqYEZRrPgcPiLhrSxZVOMStWJqF0wUbyyXIvf1S+bgNIqREa+Vq/CaKlbVy5/otZbWnGhCMPcy"
        #expect(Self.hasKey(fromBase64(otherCurve)) == false)
        #expect(Self.hasKey(fromBase64(otherHash)) == nil)
        #expect(Self.hasKey(fromBase64(rsa)) == nil)
        let pki = PlatformSample.sound[0].pki
        #expect(Self.hasKey(pki.pck.der) == true)
        #expect(Self.hasKey(pki.pck.der + [0]) == nil)
        #expect(Self.hasKey([]) == nil)
    }

    /// nil of what is not read as a certificate.
    private static func hasKey(_ der: [UInt8]) -> Bool? {
        guard let certificate = X509Certificate(der: der) else { return nil }
        return certificate.publicKey() != nil
    }
}
