/// Every setting by the name it has on the command line; its environment variable is the same name
/// in capitals behind `E2EE_PROXY_`.
public enum Setting: String, CaseIterable, Sendable {
    case host
    case port
    case upstreamURL = "upstream-url"
    case caFile = "ca-file"
    case verify
    case collateralURL = "collateral-url"
    case attestationRoot = "attestation-root"
    case gpuRoot = "gpu-root"
    case nras
    case nrasURL = "nras-url"
    case nrasIssuer = "nras-issuer"
    case pins
    case pinPolicy = "pin-policy"
    case tolerateTCB = "tolerate-tcb"
    case cacheFolder = "cache-dir"
    case stateFolder = "state-dir"
    case acceptUnprovenHardware = "accept-unproven-hardware"
    case insecureLAN = "insecure-lan"
    case apiKeyFile = "api-key-file"
    case requireKeyFile = "require-key-file"
    case logLevel = "log-level"
    case allowTEE = "allow-tee"
    case think
    case reasoningField = "reasoning-field"
    case toolFormat = "tool-format"
    case maxBody = "max-body"
    case maxConnections = "max-connections"
    case maxRequests = "max-requests"
    case maxBuffered = "max-buffered"
    case connectTimeout = "connect-timeout"
    case firstByteTimeout = "first-byte-timeout"
    case idleTimeout = "idle-timeout"
    case headerTimeout = "header-timeout"
    case bodyTimeout = "body-timeout"
    case keepAliveTimeout = "keep-alive-timeout"
    case drainTimeout = "drain-timeout"
    case allowOrigin = "allow-origin"
    case allowHost = "allow-host"

    public var environmentName: String {
        "E2EE_PROXY_" + rawValue.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
    }

    /// Whether the setting may be given several times (in the environment: separated by commas).
    public var isList: Bool {
        switch self {
        case .host, .allowOrigin, .allowHost, .tolerateTCB, .toolFormat: true
        default: false
        }
    }
}
