import Bytes
import E2EE
import HTTP
import Reactor

// The table: every typed error below the hub, and what a client hears of it. One switch an enum and
// no `default`, so that a new case does not compile until somebody has decided what it means.

extension APIError {
    /// A request that could not be read.
    init(request error: HTTPError) {
        let text: (code: String, message: String)
        switch error {
        case .notHTTP, .malformedRequestLine, .malformedStatusLine:
            text = ("malformed_request", "This is not an HTTP/1.1 request.")
        case .unsupportedVersion:
            text = ("unsupported_version", "Only HTTP/1.0 and 1.1 are spoken.")
        case .targetTooLong: text = ("uri_too_long", "The request target is too long.")
        case .connectUnsupported: text = ("unsupported_method", "CONNECT is not served.")
        case .headTooLarge, .tooManyFields:
            text = ("headers_too_large", "The header section is too large.")
        case .bareLineFeed, .bareCarriageReturn, .foldedField, .spaceBeforeColon, .badFieldName,
            .badFieldValue:
            text = ("malformed_header", "A header field is malformed.")
        case .missingHost, .duplicateHost, .badHost:
            text = ("bad_host", "Exactly one valid Host field is needed.")
        case .badExpectation: text = ("bad_expectation", "Only 100-continue can be expected.")
        case .conflictingFraming, .badTransferEncoding, .badContentLength:
            text = ("bad_framing", "The length of the body is ambiguous.")
        case .unsupportedTransferEncoding:
            text = ("unsupported_encoding", "Only the chunked transfer coding is understood.")
        case .bodyTooLarge(let limit):
            text = ("body_too_large", "The body is larger than \(limit) bytes.")
        case .badChunk, .chunkExtensionsTooLong:
            text = ("bad_chunk", "A chunk of the body is malformed.")
        case .badTrailer, .trailersTooLong: text = ("bad_trailer", "A trailer is malformed.")
        case .closedInsideHead, .closedInsideBody, .tooManyInterimResponses, .unexpectedUpgrade,
            .eventTooLarge:
            text = ("malformed_request", "The request could not be read.")
        }
        self.init(error.suggestedStatus, .invalidRequest, text.code, text.message)
    }

    /// An answer of the provider that could not be read.
    init(response error: HTTPError) {
        switch error {
        case .closedInsideHead, .closedInsideBody:
            self.init(
                502, .upstream, "upstream_closed", "The provider closed the connection too early.")
        case .eventTooLarge, .bodyTooLarge, .headTooLarge, .tooManyFields, .trailersTooLong,
            .chunkExtensionsTooLong, .tooManyInterimResponses:
            self.init(502, .upstream, "upstream_too_large", "The provider's answer is too large.")
        case .notHTTP, .malformedRequestLine, .malformedStatusLine, .unsupportedVersion,
            .targetTooLong, .connectUnsupported, .bareLineFeed, .bareCarriageReturn, .foldedField,
            .spaceBeforeColon, .badFieldName, .badFieldValue, .missingHost, .duplicateHost,
            .badHost, .badExpectation, .conflictingFraming, .badTransferEncoding,
            .unsupportedTransferEncoding, .badContentLength, .badChunk, .badTrailer,
            .unexpectedUpgrade:
            self.init(502, .upstream, "upstream_malformed", "The provider's answer is not HTTP.")
        }
    }

    init(_ error: TLSError) {
        switch error {
        case .certificateExpired:
            self.init(
                502, .upstream, "tls_certificate_expired",
                "The provider's certificate is expired or not yet valid.", forbidsRetry: true)
        case .wrongHost:
            self.init(
                502, .upstream, "tls_wrong_host", "The provider's certificate names another host.",
                forbidsRetry: true)
        case .untrustedCertificate:
            self.init(
                502, .upstream, "tls_untrusted", "The provider's certificate is not trusted.",
                forbidsRetry: true)
        case .protocolViolation:
            self.init(502, .upstream, "tls_failed", "The TLS connection to the provider failed.")
        case .cutOff:
            self.init(
                502, .upstream, "upstream_closed", "The provider closed the connection too early.")
        case .badMaterial, .setUpFailed:
            self.init(500, .server, "tls_setup", "TLS could not be set up.")
        }
    }

    /// Anything that went wrong while sealing or opening: the text is lost, and trying again would
    /// not make the provider honest.
    init(_ error: E2EEError) {
        switch error {
        case .notHex, .tooShort:
            self.init(
                502, .encryption, "not_encrypted",
                "The provider sent a text that is not encrypted. It was not passed on.",
                forbidsRetry: true)
        case .badPoint, .forged:
            self.init(
                502, .encryption, "decryption_failed",
                "The provider sent a text that does not open with this request's key.",
                forbidsRetry: true)
        case .repeated:
            self.init(
                502, .encryption, "repeated_envelope",
                "The provider sent the same encrypted text twice.", forbidsRetry: true)
        case .badPrivateKey, .noEntropy, .engineFailed:
            self.init(500, .server, "crypto_failed", "Encryption failed on this machine.")
        }
    }

    init(_ error: AttestationError) {
        self.init(
            502, .attestation, "attestation_failed",
            "The enclave could not be verified (\(error.name)). Nothing was sent.",
            forbidsRetry: true)
    }

    init(_ error: AnswerError) {
        switch error {
        case .http(let error): self.init(response: error)
        case .envelope(let error): self.init(error)
        case .notJSON:
            self.init(502, .upstream, "upstream_malformed", "The provider sent a malformed event.")
        case .clearText:
            self.init(
                502, .encryption, "not_encrypted",
                "The provider sent a part of the answer in clear. It was not passed on.",
                forbidsRetry: true)
        case .unfinished:
            self.init(
                502, .upstream, "upstream_truncated",
                "The provider's answer ended before it was finished.")
        case .badFinish:
            self.init(
                502, .upstream, "upstream_failed", "The provider's model stopped with a failure.")
        case .textAfterFinish:
            self.init(
                502, .upstream, "upstream_malformed",
                "The provider sent text after the end of the answer.")
        case .reported(isStaleKey: true):
            self.init(
                502, .attestation, "model_key_changed",
                "The provider keeps refusing the model key it attests.", forbidsRetry: true)
        case .reported(isStaleKey: false):
            self.init(502, .upstream, "upstream_error", "The provider reported an error.")
        case .unusable(.noCall):
            self.init(
                502, .upstream, "tool_call_missing",
                "The model did not call a function, though it was told to.", forbidsRetry: true)
        case .unusable(.badOutput):
            self.init(
                502, .upstream, "invalid_structured_output",
                "The model's answer has not the form of response_format.", forbidsRetry: true)
        case .tooManyChoices:
            self.init(
                502, .upstream, "upstream_malformed", "The provider sent choices nobody asked for.")
        }
    }

    /// A connection to the provider that could not be made or broke.
    init(connection error: SystemError) {
        let message = "The provider cannot be reached."
        self =
            error.call == "connect"
            ? APIError(502, .upstream, "upstream_unreachable", message)
            : APIError(
                502, .upstream, "upstream_closed", "The connection to the provider broke.")
    }

    static let nameNotResolved = APIError(
        502, .upstream, "upstream_unresolved", "The provider's host name cannot be resolved.")

    static let connectTimeout = APIError(
        504, .upstream, "upstream_timeout", "Connecting to the provider took too long.")

    static let answerTimeout = APIError(
        504, .upstream, "upstream_timeout", "The provider did not answer in time.")

    static let overloaded = APIError(
        503, .overload, "overloaded", "The proxy is at its limit. Try again shortly.",
        retryAfter: 1)

    static let collateralUnavailable = APIError(
        503, .attestation, "collateral_unavailable",
        "Intel's collateral could not be fetched, so the enclave is not verified. Nothing was sent.",
        retryAfter: 5)

    static let drained = APIError(
        503, .overload, "shutting_down", "The proxy is shutting down.", retryAfter: 1)
}

extension APIError {
    /// A status the provider answered with instead of a stream. Its text stays where it is.
    /// - `retryAfter`: the provider's Retry-After, where it could be read.
    init(providerStatus status: Int, retryAfter: Int?) {
        let refused = "The provider refused the request (status \(status))."
        switch status {
        case 400: self.init(400, .invalidRequest, "provider_rejected", refused)
        case 401:
            self.init(401, .authentication, "provider_key", "The provider refused the API key.")
        case 402:
            self.init(
                402, .insufficientBalance, "insufficient_balance",
                "The provider account has no balance.")
        case 404: self.init(404, .notFound, "model_not_found", "The provider has no such model.")
        case 413: self.init(413, .invalidRequest, "body_too_large", refused)
        case 422: self.init(422, .invalidRequest, "provider_rejected", refused)
        case 429:
            self.init(
                429, .rateLimit, "rate_limited", "The provider limits the rate of requests.",
                retryAfter: retryAfter)
        case 503, 529:
            self.init(
                503, .overload, "provider_overloaded", "The provider has no capacity now.",
                retryAfter: retryAfter ?? 5)
        case 504:
            self.init(504, .upstream, "upstream_timeout", "The provider did not answer in time.")
        default:
            self.init(502, .upstream, "upstream_error", "The provider failed (status \(status)).")
        }
    }
}
