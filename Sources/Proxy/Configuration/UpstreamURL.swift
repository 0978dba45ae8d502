import Bytes
import HTTP
import Reactor

/// The base URL of a provider's API, such as `https://api.venice.ai/api/v1`.
public struct UpstreamURL: Sendable, Hashable {
    public let isEncrypted: Bool
    /// The host without brackets, as a certificate names it.
    public let host: String
    public let port: UInt16
    /// The path without a final slash; empty for none.
    public let path: String

    /// - Throws: `.badUpstreamURL` with what is wrong with it.
    public init(_ text: String) throws(ConfigurationError) {
        let rest: Substring
        if text.hasPrefix("https://") {
            isEncrypted = true
            rest = text.dropFirst("https://".count)
        } else if text.hasPrefix("http://") {
            isEncrypted = false
            rest = text.dropFirst("http://".count)
        } else {
            throw .badUpstreamURL("it must begin with https:// (or http:// on this machine)")
        }
        let authority = rest.prefix { $0 != "/" }
        let bytes = Array(authority.utf8)
        guard let parsed = Authority(0..<bytes.count, in: bytes.span) else {
            throw .badUpstreamURL("its host or port cannot be read")
        }
        let name = String(decoding: bytes[parsed.host], as: UTF8.self)
        host = name.hasPrefix("[") ? String(name.dropFirst().dropLast()) : name
        port = UInt16(clamping: parsed.port ?? (isEncrypted ? 443 : 80))
        guard port > 0 else { throw .badUpstreamURL("port 0 is no port to connect to") }
        let tail = rest.dropFirst(authority.count)
        guard tail.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != 0x3F && $0 != 0x23 }) else {
            throw .badUpstreamURL(
                "its path may hold no query, fragment, space or control character")
        }
        path = tail.hasSuffix("/") ? String(tail.dropLast()) : String(tail)
        guard isEncrypted || isLoopback else {
            throw .badUpstreamURL("http:// is accepted for an upstream on this machine only")
        }
    }

    /// Whether the host is this machine, by its spelling; no name is looked up.
    public var isLoopback: Bool {
        if let address = SocketAddress(literal: host, port: port) { return address.isLoopback }
        return host == "localhost"
    }

    /// Scheme, host and port.
    var origin: String { (isEncrypted ? "https://" : "http://") + authority }

    /// The host and port as the Host field spells them.
    var authority: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port == (isEncrypted ? 443 : 80) ? name : "\(name):\(port)"
    }
}
