import Bytes
import HTTP

/// What a path means. The same paths are served with and without `/v1`.
enum Route: Equatable {
    case chatCompletions
    case models
    /// One model of the catalogue, by its decoded name.
    case model(String)
    /// Whether the process lives.
    case health
    /// Whether it can serve: it takes requests, and the provider can be reached.
    case ready
    /// What was verified of one model's enclave, or of all that were asked for.
    case verification(String?)

    /// Whether a path is for whoever watches the process, and needs no key.
    static func isWatch(_ path: Span<UInt8>) -> Bool {
        path.equals("/health") || path.equals("/v1/health") || path.equals("/ready")
            || path.equals("/v1/ready")
    }

    /// - Throws: 404 in OpenAI's shape, naming what is there.
    static func of(_ path: Span<UInt8>) throws(APIError) -> Route {
        let prefix = "/v1".utf8.count
        let isVersioned =
            path.starts(with: "/v1") && path.count > prefix && path[prefix] == .slash
        let rest = isVersioned ? path.extracting(prefix..<path.count) : path
        if rest.equals("/chat/completions") { return .chatCompletions }
        if rest.equals("/models") { return .models }
        if rest.equals("/health") { return .health }
        if rest.equals("/ready") { return .ready }
        if rest.equals("/verification") { return .verification(nil) }
        if let name = name(behind: "/models/", in: rest) { return .model(name) }
        if let name = name(behind: "/verification/", in: rest) { return .verification(name) }
        throw APIError(
            404, .notFound, "not_found",
            "There is nothing here. Served are POST /v1/chat/completions, GET /v1/models, "
                + "GET /v1/models/{id}, GET /verification, GET /health and GET /ready.")
    }

    /// The decoded name that stands behind `prefix`.
    private static func name(behind prefix: StaticString, in path: Span<UInt8>) -> String? {
        guard path.starts(with: prefix) else { return nil }
        let rest = path.extracting(prefix.utf8CodeUnitCount..<path.count)
        guard let name = PercentEncoding.decode(rest), !name.isEmpty else { return nil }
        return String(decoding: name, as: UTF8.self)
    }

    /// The methods this route has, as the Allow field lists them.
    var methods: StaticString {
        switch self {
        case .chatCompletions: "POST, OPTIONS"
        case .models, .model, .health, .ready, .verification: "GET, HEAD, OPTIONS"
        }
    }

    func allows(_ method: Method) -> Bool {
        switch self {
        case .chatCompletions: method == .post
        case .models, .model, .health, .ready, .verification: method == .get || method == .head
        }
    }
}
