import Simulator
import Testing

@Suite struct WebPKITests {
    private let now = 1_795_000_000

    @Test func `a key signs differently every time, and is never the same`() throws {
        let key = try ECKey()
        #expect(try key.point != ECKey().point)
        let message = Array("message".utf8)
        for _ in 0..<64 {
            let signature = try key.rawSignature(over: message)
            #expect(signature.count == 64)
            #expect(
                OpenSSLVerification.holds(
                    signature, over: message, byPoint: key.point.dropFirst()))
        }
    }

    @Test func `strangers' certificates do not verify`() throws {
        let pki = try WebPKI(now: now)
        let other = try WebPKI(.otherAuthority, now: now)
        let root = pki.authority.certificate.pem
        #expect(OpenSSLVerification.failure(of: other.certificate.pem, trusting: root) != nil)
    }
}
