import Bytes
import HTTP

/// Who may talk to the proxy: the hosts it answers to, the pages it answers, the key it asks for. A
/// name server can point any name at this machine and any page can send requests to it, so neither
/// the address nor the sender is trusted.
struct LocalSurface: Sendable {
    private let port: Int
    /// Lower-case hosts that are ours whatever the port.
    private let allowedHosts: [[UInt8]]
    /// Lower-case hosts that are ours with our port.
    private let ownHosts: [[UInt8]]
    private let allowedOrigins: [[UInt8]]
    var inboundKey: AccessKey?

    init(_ configuration: Configuration, listeningOn hosts: [String], port: UInt16) {
        self.port = Int(port)
        // The address that means "any" is no name for anybody: browsers take it for this machine.
        let named = hosts.filter { $0 != "0.0.0.0" && $0 != "[::]" }
        let own = ["127.0.0.1", "localhost", "[::1]"] + named
        ownHosts = own.map { Array($0.lowercased().utf8) }
        allowedHosts = configuration.allowedHosts.map { Array($0.lowercased().utf8) }
        allowedOrigins = configuration.allowedOrigins.map { Array($0.utf8) }
        inboundKey = configuration.inboundKey
    }

    /// Checks whom the request addresses and which page sent it.
    /// - Returns: the origin to name in the answer; nil where no page asks.
    /// - Throws: 403.
    func checkSender(_ head: RequestHead, in bytes: Span<UInt8>) throws(APIError) -> String? {
        if let authority = head.authority ?? head.host, !isOurs(authority, in: bytes) {
            throw APIError(
                403, .permission, "host_not_allowed",
                "This host name is not served. Allow it with --allow-host, or use 127.0.0.1 or "
                    + "localhost on this machine.")
        }
        guard let range = head.headers.first("origin", in: bytes) else {
            let site = head.headers.first("sec-fetch-site", in: bytes)
            guard site == nil || !bytes.extracting(site!).equals("cross-site") else {
                throw Self.originRefused
            }
            return nil
        }
        let origin = bytes.extracting(range)
        guard head.headers.count(of: "origin", in: bytes) == 1, isAllowed(origin) else {
            throw Self.originRefused
        }
        return origin.text
    }

    private static let originRefused = APIError(
        403, .permission, "origin_not_allowed",
        "Pages of this origin are not served. Allow it with --allow-origin.")

    /// Checks the inbound key, in a time that does not depend on how much of it is right.
    /// - Throws: 401.
    func checkKey(_ head: RequestHead, in bytes: Span<UInt8>) throws(APIError) {
        guard let inboundKey else { return }
        if head.headers.count(of: "authorization", in: bytes) == 1,
            let range = head.headers.first("authorization", in: bytes)
        {
            let value = bytes.extracting(range)
            let scheme = "bearer ".utf8.count
            if value.count > scheme, value.extracting(0..<scheme).equalsIgnoringCase("bearer "),
                inboundKey.matches(value.extracting(scheme..<value.count))
            {
                return
            }
        }
        throw Self.keyRefused
    }

    static let keyRefused = APIError(
        401, .authentication, "invalid_api_key",
        "This proxy asks for a key: send it as Authorization: Bearer.")

    private func isOurs(_ range: Range<Int>, in bytes: Span<UInt8>) -> Bool {
        guard let authority = Authority(range, in: bytes) else { return false }
        let host = bytes.extracting(authority.host)
        if Self.contains(allowedHosts, host) { return true }
        return Self.contains(ownHosts, host) && (authority.port ?? 80) == port
    }

    private static func contains(_ hosts: [[UInt8]], _ host: Span<UInt8>) -> Bool {
        hosts.contains { known in
            guard known.count == host.count else { return false }
            for index in 0..<host.count where host[index].lowercased != known[index] {
                return false
            }
            return true
        }
    }

    /// Pages of this machine, whatever their port, and those that were allowed by name.
    private func isAllowed(_ origin: Span<UInt8>) -> Bool {
        if allowedOrigins.contains(where: { origin.equals($0.span) }) { return true }
        let scheme: Int
        if origin.starts(with: "http://") {
            scheme = 7
        } else if origin.starts(with: "https://") {
            scheme = 8
        } else {
            return false
        }
        guard let authority = Authority(scheme..<origin.count, in: origin) else { return false }
        let host = origin.extracting(authority.host)
        return host.equals("localhost") || host.equals("127.0.0.1") || host.equals("[::1]")
    }
}
