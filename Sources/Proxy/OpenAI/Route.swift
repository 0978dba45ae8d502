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
        if rest.starts(with: "/models/") {
            let name = rest.extracting("/models/".utf8.count..<rest.count)
            if let name = PercentEncoding.decode(name), !name.isEmpty {
                return .model(String(decoding: name, as: UTF8.self))
            }
        }
        throw APIError(
            404, .notFound, "not_found",
            "There is nothing here. Served are POST /v1/chat/completions, GET /v1/models, "
                + "GET /v1/models/{id}, GET /health and GET /ready.")
    }

    /// The methods this route has, as the Allow field lists them.
    var methods: StaticString {
        switch self {
        case .chatCompletions: "POST, OPTIONS"
        case .models, .model, .health, .ready: "GET, HEAD, OPTIONS"
        }
    }

    func allows(_ method: Method) -> Bool {
        switch self {
        case .chatCompletions: method == .post
        case .models, .model, .health, .ready: method == .get || method == .head
        }
    }
}
