import Bytes

/// A request method; names are compared with regard to case. Source: RFC 9110, section 9.
public enum Method: Equatable, Sendable {
    case get, head, post, put, delete, patch, options, connect, trace
    /// Any other token.
    case other

    init(_ token: Span<UInt8>) {
        self =
            if token.equals("GET") {
                .get
            } else if token.equals("POST") {
                .post
            } else if token.equals("HEAD") {
                .head
            } else if token.equals("OPTIONS") {
                .options
            } else if token.equals("PUT") {
                .put
            } else if token.equals("DELETE") {
                .delete
            } else if token.equals("PATCH") {
                .patch
            } else if token.equals("CONNECT") {
                .connect
            } else if token.equals("TRACE") {
                .trace
            } else {
                .other
            }
    }
}
