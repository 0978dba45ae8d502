import E2EE
import Testing

@testable import Proxy

@Suite struct `Configurations` {
    private func configuration(_ upstream: String = "https://127.0.0.1:1/v1") throws
        -> Configuration
    {
        Configuration(upstream: try UpstreamURL(upstream), apiKey: AccessKey("key"))
    }

    private func refusal(
        _ upstream: String = "https://127.0.0.1:1/v1", _ change: (inout Configuration) -> Void
    ) throws -> ConfigurationError? {
        var configuration = try configuration(upstream)
        change(&configuration)
        do {
            _ = try configuration.checked()
            return nil
        } catch {
            return error
        }
    }

    @Test func `the default listens on both loopback addresses`() throws {
        let addresses = try configuration().checked()
        #expect(addresses.map(\.description) == ["127.0.0.1:5111", "[::1]:5111"])
    }

    @Test(arguments: [
        "", "two words", "line\nbreak", "ümlaut", String(repeating: "k", count: 5000),
    ])
    func `a key that is none, or would not fit into a header field, is refused`(key: String) throws
    {
        #expect(try refusal { $0.apiKey = AccessKey(key) } != nil)
        #expect(try refusal { $0.inboundKey = AccessKey(key) } != nil)
    }

    @Test func `binding alone is refused against any upstream but this machine`() throws {
        let venice = "https://api.venice.ai/api/v1"
        #expect(try refusal(venice) { _ in } == nil)
        #expect(try refusal(venice) { $0.verification = .binding } == .unprovenHardware)
        #expect(
            try refusal(venice) {
                $0.verification = .binding
                $0.acceptsUnprovenHardware = true
            } == nil)
        #expect(try refusal("https://localhost:1/v1") { $0.verification = .binding } == nil)
    }

    @Test func `another root than Intel's is for this machine alone, whatever else is said`() throws
    {
        let venice = "https://api.venice.ai/api/v1"
        #expect(
            try refusal(venice) {
                $0.attestationRoot = [1]
                $0.acceptsUnprovenHardware = true
            } == .foreignRoot)
        #expect(try refusal { $0.attestationRoot = [1] } == nil)
    }

    @Test(arguments: ["0.0.0.0", "::", "192.168.1.10"])
    func `the network is reached only with a key and an explicit word about clear text`(
        host: String
    ) throws {
        #expect(try refusal { $0.hosts = [host] } == .openToNetwork)
        #expect(
            try refusal {
                $0.hosts = [host]
                $0.inboundKey = AccessKey("k")
            } == .clearToNetwork)
        #expect(
            try refusal {
                $0.hosts = ["127.0.0.1", host]
                $0.inboundKey = AccessKey("k")
                $0.acceptsClearNetwork = true
            } == nil)
    }

    @Test(arguments: ["example.com", "", "127.0.0.1:80"])
    func `only addresses are listened on`(host: String) throws {
        #expect(try refusal { $0.hosts = [host] } == .badHost(host))
        #expect(try refusal { $0.hosts = [] } != nil)
        #expect(try refusal { $0.hosts = ["localhost"] } == nil)
    }

    @Test(arguments: ["*", "null", "chat.example", "https://", "https://chat.example/path"])
    func `an allowed origin is scheme, host and port`(origin: String) throws {
        #expect(try refusal { $0.allowedOrigins = [origin] } == .badOrigin(origin))
        #expect(try refusal { $0.allowedOrigins = ["https://chat.example:8443"] } == nil)
    }

    @Test(arguments: ["", "bad host", "a.example:80", "http://a.example", "[::1"])
    func `an allowed host is a name without a port`(host: String) throws {
        #expect(try refusal { $0.allowedHosts = [host] } == .badAllowedHost(host))
        #expect(try refusal { $0.allowedHosts = ["a.example", "[::1]", "192.0.2.7"] } == nil)
    }

    @Test func `settings are read from flags, and bad values name the setting`() throws {
        let reader = SettingsReader(flags: [
            .upstreamURL: ["https://127.0.0.1:1/v1"], .port: ["0"], .host: ["::1"],
            .idleTimeout: ["0.25"], .maxBody: ["1000"], .allowHost: ["a", "b"],
        ])
        let configuration = try reader.configuration()
        #expect(configuration.port == 0)
        #expect(configuration.hosts == ["::1"])
        #expect(configuration.idleTimeout == .milliseconds(250))
        #expect(configuration.bodyByteCountMax == 1000)
        #expect(configuration.allowedHosts == ["a", "b"])
        for (setting, value) in [
            (Setting.port, "70000"), (.port, "+1"), (.idleTimeout, "0"), (.idleTimeout, "1s"),
            (.idleTimeout, "1.2345"), (.verify, "maybe"), (.maxBody, "0"), (.logLevel, "loud"),
            (.apiKeyFile, "/no/such/file"), (.acceptUnprovenHardware, "perhaps"),
        ] {
            let reader = SettingsReader(flags: [setting: [value]])
            let error = #expect(throws: ConfigurationError.self) {
                _ = try reader.logLevel()
                _ = try reader.configuration()
            }
            #expect(error?.description.contains("--\(setting.rawValue)") == true)
        }
    }

    @Test func `a weak platform is tolerated by name and until a day`() throws {
        let reader = SettingsReader(flags: [
            .tolerateTCB: ["OutOfDate:INTEL-SA-01036+INTEL-SA-01079:2026-12-31"]
        ])
        let policy = try reader.configuration().attestationPolicy.quote
        #expect(
            policy.tolerances == [
                QuotePolicy.Tolerance(
                    .outOfDate, advisories: ["INTEL-SA-01036", "INTEL-SA-01079"],
                    end: 1_798_675_200)
            ])
        for text in [
            "", "OutOfDate", "OutOfDate:INTEL-SA-1", "OutOfDate:A:2026-13-01",
            "Revoked:A:2026-12-31",
            "UpToDate:A:2026-12-31", "Weak:A:2026-12-31", "OutOfDate:A:never",
            "OutOfDate:A:2026-12-31:",
        ] {
            #expect(throws: ConfigurationError.self) {
                _ = try SettingsReader(flags: [.tolerateTCB: [text]]).configuration()
            }
        }
    }

    @Test func `every setting has its environment variable`() {
        #expect(Setting.idleTimeout.environmentName == "E2EE_PROXY_IDLE_TIMEOUT")
        #expect(Setting.upstreamURL.environmentName == "E2EE_PROXY_UPSTREAM_URL")
    }
}
