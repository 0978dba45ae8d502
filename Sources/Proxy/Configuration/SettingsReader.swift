import Bytes
import E2EE
public import Logging
import Reactor

/// Makes a configuration of what the command line and the environment say: flags win over
/// variables, variables over defaults. Both are read as the same text by the same rules.
public struct SettingsReader: Sendable {
    public static let defaultUpstream = "https://api.venice.ai/api/v1"
    private static let apiKeyVariable = "VENICE_API_KEY"

    private let flags: [Setting: [String]]

    /// - `flags`: what stood on the command line; a switch has the value `true`.
    public init(flags: [Setting: [String]]) { self.flags = flags }

    /// The level below which nothing is logged.
    public func logLevel() throws(ConfigurationError) -> Logger.Level {
        guard let text = value(of: .logLevel) else { return .info }
        guard let level = Logger.Level(rawValue: text) else {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw .badSetting(.logLevel, "it must be one of \(levels)")
        }
        return level
    }

    /// The configuration, not yet checked as a whole. The API key is taken out of the environment.
    public func configuration() throws(ConfigurationError) -> Configuration {
        let upstream = try UpstreamURL(value(of: .upstreamURL) ?? Self.defaultUpstream)
        var configuration = Configuration(upstream: upstream, apiKey: try apiKey())
        if let hosts = values(of: .host) {
            configuration.hosts = hosts
            configuration.isHostChosen = true
        }
        if let port = try number(.port, in: 0...65_535) { configuration.port = UInt16(port) }
        if let file = value(of: .caFile) { configuration.trust = .file(file) }
        configuration.verification = try verification()
        if let url = value(of: .collateralURL) {
            configuration.collateralURL = try UpstreamURL(url)
        }
        try readRoots(into: &configuration)
        try readPins(into: &configuration)
        for text in values(of: .tolerateTCB) ?? [] {
            guard let tolerance = QuotePolicy.Tolerance(text) else {
                throw .badSetting(
                    .tolerateTCB,
                    "it must be STATUS:ADVISORY+ADVISORY:YYYY-MM-DD; UpToDate needs none, Revoked gets none"
                )
            }
            configuration.tolerances.append(tolerance)
        }
        configuration.cacheFolder = try folder(.cacheFolder) ?? UserFolders.cache
        configuration.stateFolder = try folder(.stateFolder) ?? UserFolders.state
        configuration.acceptsUnprovenHardware = try isOn(.acceptUnprovenHardware)
        configuration.acceptsClearNetwork = try isOn(.insecureLAN)
        if let file = value(of: .requireKeyFile) {
            configuration.inboundKey = try Self.key(inFile: file, for: .requireKeyFile)
        }
        try readAnswers(into: &configuration)
        configuration.allowedOrigins = values(of: .allowOrigin) ?? []
        configuration.allowedHosts = values(of: .allowHost) ?? []
        if let count = try number(.maxBody, in: 1...(1 << 30)) {
            configuration.bodyByteCountMax = count
        }
        if let count = try number(.maxConnections, in: 1...1_000_000) {
            configuration.connectionCountMax = count
        }
        if let count = try number(.maxBuffered, in: 1...(1 << 40)) {
            configuration.bufferedByteCountMax = count
        }
        if let count = try number(.maxRequests, in: 1...1_000_000) {
            configuration.requestCountMax = count
        }
        try read(.connectTimeout, into: &configuration.connectTimeout)
        try read(.firstByteTimeout, into: &configuration.firstByteTimeout)
        try read(.idleTimeout, into: &configuration.idleTimeout)
        try read(.headerTimeout, into: &configuration.headerTimeout)
        try read(.bodyTimeout, into: &configuration.bodyTimeout)
        try read(.keepAliveTimeout, into: &configuration.keepAliveTimeout)
        try read(.drainTimeout, into: &configuration.drainTimeout)
        return configuration
    }

    /// The key from the file, or from the environment; empty where neither is given.
    private func apiKey() throws(ConfigurationError) -> AccessKey {
        let variable = EnvironmentVariable.take(Self.apiKeyVariable) ?? Buffer()
        if let file = value(of: .apiKeyFile) { return try Self.key(inFile: file, for: .apiKeyFile) }
        return AccessKey(variable.readable)
    }

    private static func key(
        inFile path: String, for setting: Setting
    ) throws(ConfigurationError) -> AccessKey {
        let content: Buffer
        do throws(SmallFile.Failure) { content = try SmallFile.read(path, isSecret: true) } catch {
            switch error {
            case .unreadable(let error):
                throw .badSetting(setting, "its file cannot be read: \(error.reason)")
            case .noFile: throw .badSetting(setting, "it must name a file")
            case .tooLarge: throw .badSetting(setting, "its file is too large for a key")
            case .openToOthers:
                throw .badSetting(
                    setting, "others may read its file; allow only yourself (chmod 600)")
            }
        }
        let key = AccessKey(content.readable)
        guard !key.isEmpty else { throw .badSetting(setting, "its file is empty") }
        return key
    }

    private func readRoots(
        into configuration: inout Configuration
    ) throws(ConfigurationError) {
        configuration.attestationRoot = try certificate(.attestationRoot)
        configuration.gpuRoot = try certificate(.gpuRoot)
        if let url = value(of: .nrasURL) { configuration.nrasURL = try UpstreamURL(url) }
        configuration.nrasIssuer = value(of: .nrasIssuer)
        if let text = value(of: .nras) {
            guard let policy = NRASPolicy(rawValue: text) else {
                throw .badSetting(.nras, "it must be off, report or require")
            }
            configuration.nras = policy
        }
    }

    private func readAnswers(
        into configuration: inout Configuration
    ) throws(ConfigurationError) {
        configuration.allowsClear = try isOn(.allowTEE)
        if let text = value(of: .think) {
            guard let mode = ThinkSplitter.Mode(rawValue: text) else {
                throw .badSetting(.think, "it must be auto, implied or off")
            }
            configuration.thinking = mode
        }
        if let text = value(of: .reasoningField) {
            guard let field = ReasoningField(rawValue: text) else {
                throw .badSetting(
                    .reasoningField, "it must be reasoning_content, reasoning or both")
            }
            configuration.reasoningField = field
        }
        for text in values(of: .toolFormat) ?? [] {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let format = ToolFormat.named(parts[1]) else {
                let names = ToolFormat.all.map(\.name).joined(separator: ", ")
                throw .badSetting(
                    .toolFormat, "it must be MODEL=FORMAT, the format one of \(names)")
            }
            configuration.toolFormats[parts[0]] = format
        }
    }

    /// The user's own pins: of the file that was named, or of the one where approvals are kept.
    private func readPins(
        into configuration: inout Configuration
    ) throws(ConfigurationError) {
        if let text = value(of: .pinPolicy) {
            guard let policy = PinPolicy(rawValue: text) else {
                throw .badSetting(.pinPolicy, "it must be pinned, strict or report")
            }
            configuration.pinPolicy = policy
        }
        let named = value(of: .pins)
        guard let path = named ?? UserFolders.configuration.map({ $0 + "/pins.json" }) else {
            return
        }
        configuration.pinsFile = path
        configuration.isPinsFileNamed = named != nil
        let content: Buffer
        do throws(SmallFile.Failure) {
            content = try SmallFile.read(path, isSecret: false, byteCountMax: 1 << 20)
        } catch {
            if named == nil, case .unreadable(let error) = error, error.isFileMissing { return }
            throw .badSetting(.pins, "\(path) cannot be read")
        }
        let json = content.readable.array
        do throws(PinsError) { configuration.pins = try Pins(json: json.span) } catch {
            throw .badSetting(.pins, "\(path): \(error)")
        }
    }

    private func certificate(_ setting: Setting) throws(ConfigurationError) -> [UInt8]? {
        guard let path = value(of: setting) else { return nil }
        let content: Buffer
        do throws(SmallFile.Failure) { content = try SmallFile.read(path, isSecret: false) } catch {
            throw .badSetting(setting, "its file cannot be read")
        }
        return content.readable.array
    }

    private func folder(_ setting: Setting) throws(ConfigurationError) -> String? {
        guard let path = value(of: setting) else { return nil }
        guard path.hasPrefix("/") else { throw .badSetting(setting, "it must be an absolute path") }
        return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    private func verification() throws(ConfigurationError) -> VerificationLevel {
        switch value(of: .verify) {
        case nil, "full": return .full
        case "binding": return .binding
        default: throw .badSetting(.verify, "it must be full or binding")
        }
    }

    private func isOn(_ setting: Setting) throws(ConfigurationError) -> Bool {
        switch value(of: setting)?.lowercased() {
        case nil, "false", "0", "no", "off": return false
        case "true", "1", "yes", "on": return true
        default: throw .badSetting(setting, "it must be true or false")
        }
    }

    private func number(
        _ setting: Setting, in range: ClosedRange<Int>
    ) throws(ConfigurationError) -> Int? {
        guard let text = value(of: setting) else { return nil }
        guard let number = text.utf8Span.span.decimal, range.contains(number) else {
            throw .badSetting(
                setting, "it must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Seconds, with up to three decimals.
    private func read(
        _ setting: Setting, into duration: inout Duration
    ) throws(ConfigurationError) {
        guard let text = value(of: setting) else { return }
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? String(parts[1]) : "0"
        let padded = fraction + String(repeating: "0", count: max(0, 3 - fraction.utf8.count))
        guard let first = parts.first, let seconds = String(first).utf8Span.span.decimal,
            fraction.utf8.count <= 3, let milliseconds = padded.utf8Span.span.decimal,
            seconds <= 86_400, seconds > 0 || milliseconds > 0
        else {
            throw .badSetting(
                setting,
                "it must be seconds, more than 0 and at most 86400, with up to three decimals")
        }
        duration = .milliseconds(1000 * seconds + milliseconds)
    }

    private func value(of setting: Setting) -> String? { values(of: setting)?.last }

    private func values(of setting: Setting) -> [String]? {
        if let values = flags[setting], !values.isEmpty { return values }
        guard let text = EnvironmentVariable.value(of: setting.environmentName), !text.isEmpty
        else {
            return nil
        }
        guard setting.isList else { return [text] }
        return text.split(separator: ",").map { Self.trimmed($0) }
    }

    private static func trimmed(_ text: Substring) -> String {
        let bytes = Array(text.utf8)
        return bytes.span.extracting(bytes.span.trimmed(0..<bytes.count)).text
    }
}
