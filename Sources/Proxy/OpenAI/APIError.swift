import Bytes

/// An error as an OpenAI client hears it. The message is always ours: it holds no text of the
/// client, the provider or a key.
public struct APIError: Error, Sendable, Equatable {
    /// The `type` member, by which clients group errors.
    public enum Kind: String, Sendable {
        case invalidRequest = "invalid_request_error"
        case authentication = "authentication_error"
        case permission = "permission_error"
        case notFound = "not_found_error"
        case rateLimit = "rate_limit_error"
        case insufficientBalance = "insufficient_quota"
        case upstream = "upstream_error"
        case attestation = "attestation_error"
        case encryption = "encryption_error"
        case overload = "overloaded_error"
        case server = "server_error"
    }

    public var status: Int
    public var kind: Kind
    public var code: String
    public var message: String
    /// The request field at fault, as a path (`messages[2].content`).
    public var param: String?
    /// Seconds after which trying again makes sense.
    public var retryAfter: Int?
    /// Set where trying again cannot help; clients then give up at once.
    public var forbidsRetry = false

    public init(
        _ status: Int, _ kind: Kind, _ code: String, _ message: String, param: String? = nil,
        retryAfter: Int? = nil, forbidsRetry: Bool = false
    ) {
        self.status = status
        self.kind = kind
        self.code = code
        self.message = message
        self.param = param
        self.retryAfter = retryAfter
        self.forbidsRetry = forbidsRetry
    }

    /// Appends `{"error":{…}}`.
    func writeJSON(to output: inout Buffer) {
        output.append("{\"error\":{\"message\":")
        output.append(jsonString: message)
        output.append(",\"type\":")
        output.append(jsonString: kind.rawValue)
        output.append(",\"param\":")
        if let param { output.append(jsonString: param) } else { output.append("null") }
        output.append(",\"code\":")
        output.append(jsonString: code)
        output.append("}}")
    }
}

extension APIError {
    static func badRequest(_ code: String, _ message: String, param: String? = nil) -> APIError {
        APIError(400, .invalidRequest, code, message, param: param)
    }

    static func refusedField(_ param: String, _ why: String) -> APIError {
        .badRequest("unsupported_parameter", why, param: param)
    }
}
