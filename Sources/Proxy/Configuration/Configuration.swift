import Bytes
public import E2EE
import HTTP
public import Reactor

/// Everything the proxy can be told, with its defaults. Read in one place, checked once by
/// `checked()`, then handed down as plain values.
public struct Configuration: Sendable {
    /// Addresses to listen on. Port 0 takes a free one.
    public var hosts: [String] = ["127.0.0.1", "::1"]
    /// Whether `hosts` was chosen: a default IPv6 address may be missing, a chosen one may not.
    public var isHostChosen = false
    public var port: UInt16 = 5111
    public var upstream: UpstreamURL
    public var trust = TLSContext.Trust.system
    public var verification = VerificationLevel.full
    /// Where Intel's collateral is fetched: a service with the paths of Intel's own.
    public var collateralURL: UpstreamURL
    /// A certificate (DER) that evidence must end in, in the place of Intel's: for tests alone.
    public var attestationRoot: [UInt8]?
    /// The same in the place of NVIDIA's root.
    public var gpuRoot: [UInt8]?
    public var nras = NRASPolicy.report
    /// NVIDIA's attestation service, and who signs its tokens.
    public var nrasURL: UpstreamURL
    public var nrasIssuer: String?
    /// What the user trusts beside what is trusted from the start, and the file it is from.
    public var pins = Pins()
    public var pinsFile: String?
    /// Whether that file was named, and is not the one that every start reads.
    public var isPinsFileNamed = false
    public var pinPolicy = PinPolicy.pinned
    /// Statuses of the platform that are put up with for a while.
    public var tolerances: [QuotePolicy.Tolerance] = []
    /// Where what can be fetched again is kept; nil to keep nothing.
    public var cacheFolder: String?
    /// Where what must not be forgotten is kept; nil to forget it with the process.
    public var stateFolder: String?
    public var acceptsUnprovenHardware = false
    public var acceptsClearNetwork = false
    public var apiKey: AccessKey
    /// The key clients must show; nil for none.
    public var inboundKey: AccessKey?
    /// Hosts a client may address beside the loopback names, without a port.
    public var allowedHosts: [String] = []
    /// Origins of web pages beside the loopback ones, whole: `https://chat.example`.
    public var allowedOrigins: [String] = []

    /// Whether models may be asked without encryption, by a name that says so.
    var allowsClear = false
    /// What models write their thoughts like, and where clients look for them.
    var thinking = ThinkSplitter.Mode.auto
    var reasoningField = ReasoningField.reasoningContent
    /// The syntax of calls by model, for those whose name does not tell it.
    var toolFormats: [String: ToolFormat] = [:]

    /// How a conversation is written for a model.
    func messageTexts(for model: String) -> MessageTexts {
        MessageTexts(
            format: toolFormats[model] ?? .of(model: model), leavesThoughts: thinking == .off)
    }

    public var bodyByteCountMax = 10 * 1024 * 1024
    /// Clients' connections at one time; one more is answered with 503 and closed.
    public var connectionCountMax = 10_000
    /// Requests that wait for an answer at one time; one more is answered with 503 at once.
    public var requestCountMax = 1_000
    /// Bytes of memory that requests and answers under way may take together. A request that
    /// would need more is answered with 503; at the limit answers wait for slow clients sooner.
    public var bufferedByteCountMax = 1 << 30
    public var headerTimeout = Duration.seconds(10)
    /// For a body, and again for every `Exchange.progressByteCount` of it that arrive.
    public var bodyTimeout = Duration.seconds(30)
    public var keepAliveTimeout = Duration.seconds(75)
    /// Look-up, connection and TLS handshake together.
    public var connectTimeout = Duration.seconds(10)
    /// From the sealed request's last byte to the head of the answer.
    public var firstByteTimeout = Duration.seconds(60)
    /// Between two events of an answer; there is no limit on the whole.
    public var idleTimeout = Duration.seconds(60)
    public var drainTimeout = Duration.seconds(30)

    /// Reads the configuration anew.
    public typealias Reread = @Sendable () throws(ConfigurationError) -> Configuration

    public init(upstream: UpstreamURL, apiKey: AccessKey) {
        self.upstream = upstream
        collateralURL = CollateralSource.defaultURL
        nrasURL = Self.nvidia
        self.apiKey = apiKey
    }

    /// Trusts the certificates in `pem` and no others.
    public mutating func trustOnly(certificates pem: String) { trust = .certificates(pem) }

    /// Takes over what may change while the proxy runs: keys, certificates and pins.
    mutating func renew(from fresh: Configuration) {
        trust = fresh.trust
        pins = fresh.pins
        inboundKey = fresh.inboundKey
        // A key from the environment was taken out of it at the start, and is still the one.
        if !fresh.apiKey.isEmpty { apiKey = fresh.apiKey }
    }

    /// Trusts the software that `json` pins beside what is trusted from the start, and nothing of
    /// the user's own.
    public mutating func trustOnly(pins json: String) throws(PinsError) {
        pins = try Pins(json: json.utf8Span.span)
    }

    /// The addresses to listen on, when everything fits together.
    /// - Throws: what does not.
    public func checked() throws(ConfigurationError) -> [SocketAddress] {
        guard apiKey.isUsable else { throw apiKey.isEmpty ? .keyMissing : .badKey("API key") }
        if let inboundKey, !inboundKey.isUsable { throw .badKey("inbound key") }
        if verification == .binding, !upstream.isLoopback, !acceptsUnprovenHardware {
            throw .unprovenHardware
        }
        if verification == .binding, nras == .require || pinPolicy == .strict {
            throw .badSetting(.verify, "--nras require and --pin-policy strict need level full")
        }
        if trustsOthers, !upstream.isLoopback { throw .foreignRoot }
        for host in allowedHosts where !Self.isHostName(host) { throw .badAllowedHost(host) }
        for origin in allowedOrigins where !Self.isOrigin(origin) { throw .badOrigin(origin) }
        var addresses: [SocketAddress] = []
        for host in hosts {
            let literal = host == "localhost" ? "127.0.0.1" : host
            guard let address = SocketAddress(literal: literal, port: port) else {
                throw .badHost(host)
            }
            addresses.append(address)
        }
        guard !addresses.isEmpty else { throw .badHost("none") }
        if addresses.contains(where: { !$0.isLoopback }) {
            guard inboundKey != nil else { throw .openToNetwork }
            guard acceptsClearNetwork else { throw .clearToNetwork }
        }
        return addresses
    }

    /// Whether anybody else than Intel and NVIDIA is believed.
    var trustsOthers: Bool {
        attestationRoot != nil || gpuRoot != nil || nrasIssuer != nil || nrasURL != Self.nvidia
    }

    private static let nvidia: UpstreamURL = {
        guard let url = try? UpstreamURL("https://nras.attestation.nvidia.com") else {
            preconditionFailure("a URL that cannot be read")
        }
        return url
    }()

    /// Whether any of the hosts that are asked is asked through TLS.
    var needsTLS: Bool {
        let others = collateralURL.isEncrypted || (nras != .off && nrasURL.isEncrypted)
        return upstream.isEncrypted || (verification == .full && others)
    }

    /// How evidence is judged.
    var attestationPolicy: AttestationPolicy {
        var policy = AttestationPolicy(level: verification)
        if let attestationRoot { policy.root = attestationRoot }
        policy.quote.tolerances = tolerances
        policy.pins.merge(pins)
        policy.pinPolicy = pinPolicy
        policy.nras = nras
        if let gpuRoot { policy.gpuRoot = gpuRoot }
        if let nrasIssuer { policy.nrasIssuer = nrasIssuer }
        return policy
    }

    /// A host as clients spell it, without a port.
    private static func isHostName(_ host: String) -> Bool {
        let bytes = Array(host.utf8)
        let authority = Authority(0..<bytes.count, in: bytes.span)
        return authority != nil && authority?.port == nil
    }

    private static func isOrigin(_ origin: String) -> Bool {
        let bytes = Array(origin.utf8)
        guard let separator = bytes.span.firstRange(of: "://"), separator.lowerBound > 0 else {
            return false
        }
        return Authority(separator.upperBound..<bytes.count, in: bytes.span) != nil
    }
}
