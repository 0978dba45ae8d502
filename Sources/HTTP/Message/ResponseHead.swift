/// The head of a final response. Ranges point into the span that held it. Source: RFC 9112, section
/// 4.
public struct ResponseHead: Equatable, Sendable {
    /// Three digits; 200 and above.
    public var status: Int
    public var version: HTTPVersion
    public var headers: HeaderList
    public var framing: BodyFraming
    /// Whether the connection can carry another request after this response.
    public var keepsAlive: Bool
}
