import Bytes

/// Whether a connection outlives a message. Source: RFC 9112, section 9.3.
enum KeepAlive {
    /// HTTP/1.0 clients get one answer a connection: its end is the only thing that ends a stream
    /// for them, and their keep-alive mechanism is optional.
    static func isWanted(
        byRequest headers: HeaderList, version: HTTPVersion, in bytes: Span<UInt8>
    ) -> Bool {
        version == .http11 && !headers.contains("close", inListsOf: "connection", in: bytes)
    }

    static func isGranted(
        byResponse headers: HeaderList, version: HTTPVersion, framing: BodyFraming,
        in bytes: Span<UInt8>
    ) -> Bool {
        guard framing != .untilClose else { return false }
        guard !headers.contains("close", inListsOf: "connection", in: bytes) else { return false }
        return version == .http11
            || headers.contains("keep-alive", inListsOf: "connection", in: bytes)
    }
}
