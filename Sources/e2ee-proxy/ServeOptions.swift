import ArgumentParser
import Proxy

/// The options of `serve`, as text: what they mean is decided where the environment is read too.
struct ServeOptions: ParsableArguments {
    @Option(help: "Address to listen on; may be repeated. (default: 127.0.0.1 and ::1)")
    var host: [String] = []

    @Option(help: "Port to listen on; 0 takes a free one. (default: 5111)")
    var port: String?

    @Option(
        name: .customLong("upstream-url"),
        help: "Base URL of the provider's API. (default: https://api.venice.ai/api/v1)")
    var upstreamURL: String?

    @Option(name: .customLong("ca-file"), help: "Trust these certificates (PEM) and no others.")
    var caFile: String?

    @Option(
        help: "How much of the enclave's evidence is verified: full or binding. (default: full)")
    var verify: String?

    @Option(
        name: .customLong("collateral-url"),
        help: "Service with Intel's collateral. (default: Intel's own)")
    var collateralURL: String?

    @Option(help: "For tests: a root certificate (DER) in the place of NVIDIA's.")
    var gpuRoot: String?

    @Option(help: "Ask NVIDIA's attestation service: off, report or require. (default: report)")
    var nras: String?

    @Option(name: .customLong("nras-url"), help: "For tests: another attestation service.")
    var nrasURL: String?

    @Option(help: "For tests: who signs that service's tokens.")
    var nrasIssuer: String?

    @Option(help: "File with your own pins (JSON). (default: ~/.config/e2ee-proxy/pins.json)")
    var pins: String?

    @Option(help: "Software that is not pinned: pinned, strict or report. (default: pinned)")
    var pinPolicy: String?

    @Option(
        name: .customLong("tolerate-tcb"),
        help: "STATUS:ADVISORY+ADVISORY:YYYY-MM-DD: put up with such a platform till then.")
    var tolerateTCB: [String] = []

    @Option(help: "For tests: a root certificate (DER) in the place of Intel's.")
    var attestationRoot: String?

    @Option(
        name: .customLong("cache-dir"),
        help: "Folder for what can be fetched again. (default: ~/.cache/e2ee-proxy)")
    var cacheFolder: String?

    @Option(
        name: .customLong("state-dir"),
        help: "Folder for what must be remembered. (default: ~/.local/state/e2ee-proxy)")
    var stateFolder: String?

    @Flag(help: "Accept an enclave whose hardware is not proven.")
    var acceptUnprovenHardware = false

    @Flag(
        name: .customLong("insecure-lan"),
        help: "Listen beyond this machine without TLS; needs --require-key-file.")
    var insecureLAN = false

    @Option(name: .customLong("api-key-file"), help: "File (mode 600) with the provider's API key.")
    var apiKeyFile: String?

    @Option(help: "File (mode 600) with a key that clients must send.")
    var requireKeyFile: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical. (default: info)")
    var logLevel: String?

    @Option(help: "The largest request body, in bytes. (default: 10485760)")
    var maxBody: String?

    @Option(help: "Connections of clients at one time. (default: 10000)")
    var maxConnections: String?

    @Option(help: "Requests that wait for an answer at one time. (default: 1000)")
    var maxRequests: String?

    @Option(help: "Memory of requests and answers under way, in bytes. (default: 1073741824)")
    var maxBuffered: String?

    @Option(help: "Seconds to reach the provider. (default: 10)")
    var connectTimeout: String?

    @Option(help: "Seconds until an answer begins. (default: 60)")
    var firstByteTimeout: String?

    @Option(help: "Seconds between two parts of an answer. (default: 60)")
    var idleTimeout: String?

    @Option(help: "Seconds for a request's head. (default: 10)")
    var headerTimeout: String?

    @Option(help: "Seconds for a request's body, and for every 4 KiB of it. (default: 30)")
    var bodyTimeout: String?

    @Option(help: "Seconds that an idle client's connection is kept. (default: 75)")
    var keepAliveTimeout: String?

    @Option(help: "Seconds that running answers get when the proxy stops. (default: 30)")
    var drainTimeout: String?

    @Flag(
        name: .customLong("allow-tee"),
        help: "Serve models as tee-NAME too: verified, but readable for the provider's front end.")
    var allowTEE = false

    @Option(help: "Thoughts written into the text: auto, implied or off. (default: auto)")
    var think: String?

    @Option(
        help: "Where clients find thoughts: reasoning_content, reasoning or both. (default: first)")
    var reasoningField: String?

    @Option(help: "MODEL=FORMAT: call syntax of a model: glm, qwen or hermes; may be repeated.")
    var toolFormat: [String] = []

    @Option(help: "Origin of web pages to serve beside those of this machine; may be repeated.")
    var allowOrigin: [String] = []

    @Option(help: "Host name to answer to beside the loopback ones; may be repeated.")
    var allowHost: [String] = []

    var flags: [Setting: [String]] {
        let switches: [(Setting, Bool)] = [
            (.acceptUnprovenHardware, acceptUnprovenHardware), (.insecureLAN, insecureLAN),
            (.allowTEE, allowTEE),
        ]
        let values: [(Setting, String?)] = [
            (.gpuRoot, gpuRoot), (.nras, nras), (.nrasURL, nrasURL), (.nrasIssuer, nrasIssuer),
            (.pins, pins), (.pinPolicy, pinPolicy),
            (.collateralURL, collateralURL), (.attestationRoot, attestationRoot),
            (.cacheFolder, cacheFolder), (.stateFolder, stateFolder), (.port, port),
            (.upstreamURL, upstreamURL), (.caFile, caFile), (.verify, verify),
            (.apiKeyFile, apiKeyFile), (.requireKeyFile, requireKeyFile), (.logLevel, logLevel),
            (.maxBody, maxBody), (.maxConnections, maxConnections), (.maxRequests, maxRequests),
            (.maxBuffered, maxBuffered), (.think, think), (.reasoningField, reasoningField),
            (.connectTimeout, connectTimeout),
            (.firstByteTimeout, firstByteTimeout), (.idleTimeout, idleTimeout),
            (.headerTimeout, headerTimeout), (.bodyTimeout, bodyTimeout),
            (.keepAliveTimeout, keepAliveTimeout), (.drainTimeout, drainTimeout),
        ]
        var flags: [Setting: [String]] = [
            .tolerateTCB: tolerateTCB, .host: host, .allowOrigin: allowOrigin,
            .allowHost: allowHost, .toolFormat: toolFormat,
        ]
        for (setting, isOn) in switches where isOn { flags[setting] = ["true"] }
        for (setting, value) in values { flags[setting] = value.map { [$0] } ?? [] }
        return flags
    }
}
