/// What a peer did that makes its message unusable. Where one message ends and the next begins is
/// then unknown, so the connection that carried it must be closed.
public enum HTTPError: Error, Equatable, Sendable {
    // MARK: Start lines

    /// The first byte cannot stand in an HTTP message: TLS, another protocol, noise.
    case notHTTP
    /// The request line is not `method SP target SP version CRLF`, or its target has no known form.
    case malformedRequestLine
    /// The status line is not `version SP status [SP reason] CRLF`.
    case malformedStatusLine
    /// The major version is not 1.
    case unsupportedVersion
    /// The request target is longer than the limit.
    case targetTooLong(limit: Int)
    /// A tunnel was asked for with CONNECT.
    case connectUnsupported

    // MARK: Fields

    /// The head is longer than the limit.
    case headTooLarge(limit: Int)
    /// The head has more fields than the limit.
    case tooManyFields(limit: Int)
    /// A line feed ends a line without a carriage return before it.
    case bareLineFeed
    /// A carriage return is not followed by a line feed.
    case bareCarriageReturn
    /// A line begins with white space: an obsolete continuation of the field before it.
    case foldedField
    /// White space stands between a field's name and its colon.
    case spaceBeforeColon
    /// A field has no colon, no name, or a name that is not a token.
    case badFieldName
    /// A field's value holds a control character.
    case badFieldValue
    /// An HTTP/1.1 request has no Host.
    case missingHost
    /// A request has several Host fields.
    case duplicateHost
    /// A Host or the authority of a target is not `host[:port]`.
    case badHost
    /// A request expects something else than `100-continue`.
    case badExpectation

    // MARK: Bodies

    /// Content-Length and Transfer-Encoding stand together.
    case conflictingFraming
    /// Transfer-Encoding does not end with `chunked`, repeats it, is not a list of tokens, or
    /// stands in an HTTP/1.0 message.
    case badTransferEncoding
    /// Transfer-Encoding names a coding beside `chunked`.
    case unsupportedTransferEncoding
    /// Content-Length is not one number in decimal digits.
    case badContentLength
    /// The body is, or is declared, larger than the limit.
    case bodyTooLarge(limit: Int)
    /// A chunk's size is malformed or too large for any machine, or its data does not end with
    /// CRLF.
    case badChunk
    /// The chunk extensions of a body are longer in sum than the limit.
    case chunkExtensionsTooLong(limit: Int)
    /// A line of the trailer section is not a field.
    case badTrailer
    /// The trailer section is longer than the limit.
    case trailersTooLong(limit: Int)

    // MARK: Responses

    /// The peer closed before the head was complete.
    case closedInsideHead
    /// The peer closed before the body was complete.
    case closedInsideBody
    /// More 1xx responses came than the limit.
    case tooManyInterimResponses(limit: Int)
    /// The peer switched to a protocol that nobody asked for.
    case unexpectedUpgrade

    // MARK: Event streams

    /// A line or an event is longer than the limit.
    case eventTooLarge(limit: Int)

    /// The status that tells a client what was wrong with its request. Source: RFC 9110, section
    /// 15; RFC 6585, section 5.
    public var suggestedStatus: Int {
        switch self {
        case .targetTooLong: 414
        case .headTooLarge, .tooManyFields, .trailersTooLong: 431
        case .bodyTooLarge, .eventTooLarge: 413
        case .badExpectation: 417
        case .unsupportedTransferEncoding, .connectUnsupported: 501
        case .unsupportedVersion: 505
        case .notHTTP, .malformedRequestLine, .malformedStatusLine, .bareLineFeed,
            .bareCarriageReturn, .foldedField, .spaceBeforeColon, .badFieldName, .badFieldValue,
            .missingHost, .duplicateHost, .badHost, .conflictingFraming, .badTransferEncoding,
            .badContentLength, .badChunk, .chunkExtensionsTooLong, .badTrailer, .closedInsideHead,
            .closedInsideBody, .tooManyInterimResponses, .unexpectedUpgrade:
            400
        }
    }
}
