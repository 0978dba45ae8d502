/// The certificates of a server on this machine, under an authority made for one run.
public struct WebPKI: Sendable {
    /// What is right or wrong with the server's certificate.
    public enum Fault: Sendable { case none, expired, wrongName, selfSigned, otherAuthority }

    public let authority: TestAuthority
    public let certificate: Certificate
    public let key: ECKey

    private static let day = 86_400

    /// - `now`: Unix seconds.
    public init(_ fault: Fault = .none, now: Int) throws(SimulatorError) {
        let wide = (now - Self.day)..<(now + 365 * Self.day)
        let root = CertificateProfile(
            "Simulated Web Root CA", .authority(pathLengthMax: nil), validity: wide)
        var server = CertificateProfile("localhost", .server, validity: wide)
        server.dnsNames = ["localhost"]
        server.addresses = [[127, 0, 0, 1], [UInt8](repeating: 0, count: 15) + [1]]
        authority = try TestAuthority(root)
        switch fault {
        case .none: break
        case .expired: server.validity = (now - 2 * Self.day)..<(now - Self.day)
        case .wrongName:
            server.dnsNames = ["elsewhere.invalid"]
            server.addresses = [[192, 0, 2, 1]]
        case .selfSigned:
            let own = try TestAuthority(server)
            key = own.key
            certificate = own.certificate
            return
        case .otherAuthority:
            key = try ECKey()
            certificate = try TestAuthority(root).issue(server, for: key)
            return
        }
        key = try ECKey()
        certificate = try authority.issue(server, for: key)
    }
}
