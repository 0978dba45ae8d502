/// Why the proxy refuses to start. No case holds a key.
public enum ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    case badUpstreamURL(String)
    /// A setting whose value cannot be read, and why.
    case badSetting(Setting, String)
    case badHost(String)
    case badOrigin(String)
    case badAllowedHost(String)
    case keyMissing
    case badKey(String)
    /// Listening beyond loopback without an inbound key.
    case openToNetwork
    /// Listening beyond loopback in clear.
    case clearToNetwork
    /// Another root than Intel's, for an upstream that is not this machine.
    case foreignRoot
    /// A file the proxy wrote itself can no longer be understood.
    case badState(String)
    /// Binding alone against an upstream that is not this machine.
    case unprovenHardware

    public var description: String {
        switch self {
        case .badUpstreamURL(let why): "The upstream URL is not usable: \(why)."
        case .badSetting(let setting, let why):
            "--\(setting.rawValue) (\(setting.environmentName)): \(why)."
        case .badHost(let host): "Not an address to listen on: \(host)."
        case .badAllowedHost(let host): "Not a host name without a port: \(host)."
        case .badOrigin(let origin): "Not an origin (scheme://host[:port]): \(origin)."
        case .keyMissing:
            "No API key. Set VENICE_API_KEY or give --api-key-file FILE."
        case .badKey(let which):
            "The \(which) must be 1 to 4096 visible ASCII characters on one line."
        case .openToNetwork:
            "Listening beyond this machine needs an inbound key (--require-key-file FILE): "
                + "without one anybody on the network could spend the API key."
        case .clearToNetwork:
            "Listening beyond this machine without TLS would show prompts to the network. "
                + "Give --insecure-lan to accept that."
        case .foreignRoot:
            "--attestation-root, --gpu-root, --nras-url and --nras-issuer are accepted for an "
                + "upstream on this machine only: evidence of any other must end with Intel and NVIDIA."
        case .badState(let path):
            "\(path) cannot be read. It remembers which collateral was seen, so that older one is "
                + "refused; `e2ee-proxy collateral reset` forgets it."
        case .unprovenHardware:
            "--verify binding does not prove that the key lives in genuine hardware. It is accepted "
                + "for an upstream on this machine; against any other give "
                + "--accept-unproven-hardware, knowing that a lying provider could read everything."
        }
    }
}
