/// The head of a request. Ranges point into the span that held it. Source: RFC 9112, section 3.
public struct RequestHead: Equatable, Sendable {
    /// How the target was written. Source: RFC 9112, section 3.2.
    public enum Form: Equatable, Sendable { case origin, absolute, asterisk }

    public var method: Method
    /// The target as written.
    public var target: Range<Int>
    public var form: Form
    /// The path without the query; empty stands for `/` in absolute form. `*` in asterisk form.
    public var path: Range<Int>
    /// What follows the question mark.
    public var query: Range<Int>?
    /// The authority of a target in absolute form, which counts instead of the Host.
    public var authority: Range<Int>?
    /// The value of Host; nil only in HTTP/1.0.
    public var host: Range<Int>?
    public var version: HTTPVersion
    public var headers: HeaderList
    public var framing: BodyFraming
    /// Whether another request may follow on this connection. Never after HTTP/1.0.
    public var keepsAlive: Bool
    /// Whether the client waits for `100 Continue` before it sends the body that follows.
    public var expectsContinue: Bool
}
