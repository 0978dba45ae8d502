import Bytes
import COpenSSL
import Reactor
import Simulator
import Testing

@Suite struct TEEPKITests {
    private let pki: TEEPKI
    private let collateral: SimulatedCollateral

    init() throws {
        let now = WallClock.now().seconds
        pki = try TEEPKI(now: now)
        collateral = try SimulatedCollateral(under: pki, now: now)
    }

    private var root: String { pki.root.certificate.pem }
    private var lists: [[UInt8]] {
        [collateral.rootRevocationList, collateral.pckRevocationList]
    }

    @Test func `both chains verify under the simulated root and its lists`() {
        for chain in [pki.pckChainPEM, pki.signingChainPEM] {
            #expect(OpenSSLVerification.failure(of: chain, trusting: root) == nil)
            let failure = OpenSSLVerification.failure(
                of: chain, trusting: root, revocationLists: lists)
            #expect(failure == nil)
        }
    }

    @Test func `another simulator's root vouches for nothing`() throws {
        let other = try TEEPKI(now: WallClock.now().seconds).root.certificate.pem
        #expect(OpenSSLVerification.failure(of: pki.pckChainPEM, trusting: other) != nil)
    }

    @Test func `a platform can be revoked`() throws {
        let revoked = try SimulatedCollateral(
            under: pki, revokesPCK: true, now: WallClock.now().seconds)
        let failure = OpenSSLVerification.failure(
            of: pki.pckChainPEM, trusting: root,
            revocationLists: [revoked.rootRevocationList, revoked.pckRevocationList])
        #expect(failure == X509_V_ERR_CERT_REVOKED)
    }

    @Test func `collateral is signed over its exact bytes`() throws {
        try expectSigned(collateral.tcbInfo, "tcbInfo")
        try expectSigned(collateral.quotingEnclaveIdentity, "enclaveIdentity")
    }

    private func expectSigned(_ text: String, _ name: StaticString) throws {
        let json = Array(text.utf8)
        try JSONDocument.check(json.span)
        let document = JSONDocument.root(of: json.span)
        guard let value = document?.member(name, in: json.span),
            let hex = document?.member("signature", in: json.span)?.text(in: json.span),
            let signature = Hex.bytes(hex.utf8Span.span)
        else {
            Issue.record("collateral without a text or a signature")
            return
        }
        let signer = pki.signing.pem
        #expect(OpenSSLVerification.holds(signature, over: json[value.range], by: signer))
        var altered = Array(json[value.range])
        altered[altered.count / 2] ^= 1
        #expect(!OpenSSLVerification.holds(signature, over: altered, by: signer))
    }

    @Test func `the platform's certificate says what Intel's do`() throws {
        let der = pki.pck.der
        // 1.2.840.113741.1.13.1.4, an octet string of six bytes: the FMSPC.
        let fmspc: [UInt8] = [
            0x06, 0x0A, 0x2A, 0x86, 0x48, 0x86, 0xF8, 0x4D, 0x01, 0x0D, 0x01, 0x04, 0x04, 0x06,
        ]
        let found = (0..<(der.count - fmspc.count)).contains {
            Array(der[$0..<($0 + fmspc.count)]) == fmspc
        }
        #expect(found)
    }
}
