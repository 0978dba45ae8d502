import Bytes
import HTTP

/// How one exchange answers its client: the fields and the framing every answer of it has.
struct ClientAnswer {
    let requestID: String
    /// An HTTP/1.0 client gets no chunks; the end of its answer is the end of the connection.
    var isOldClient = false
    var keepsAlive = true
    /// The allowed origin of the page that asks; nil where no page does.
    var origin: String?
    /// What was verified of the key the request was sealed to; empty before.
    var verification: [(name: StaticString, value: String)] = []
    /// HEAD: the same head, no body.
    var omitsBody = false

    /// Appends a whole answer with a JSON body.
    func write(
        status: Int = 200, json body: Span<UInt8>, retryAfter: Int? = nil,
        forbidsRetry: Bool = false, allow: StaticString? = nil, challenge: String? = nil,
        to outbox: inout Buffer
    ) {
        ResponseWriter.head(status: status, to: &outbox)
        field("Content-Type", "application/json", to: &outbox)
        ResponseWriter.field("Content-Length", decimal: body.count, to: &outbox)
        if let retryAfter { ResponseWriter.field("Retry-After", decimal: retryAfter, to: &outbox) }
        if forbidsRetry { field("x-should-retry", "false", to: &outbox) }
        if let allow { field("Allow", "\(allow)", to: &outbox) }
        if let challenge { field("WWW-Authenticate", challenge, to: &outbox) }
        writeCommonFields(to: &outbox)
        if !omitsBody { outbox.append(body) }
    }

    func write(_ error: APIError, allow: StaticString? = nil, to outbox: inout Buffer) {
        var body = Buffer()
        error.writeJSON(to: &body)
        write(
            status: error.status, json: body.readable, retryAfter: error.retryAfter,
            forbidsRetry: error.forbidsRetry, allow: allow,
            challenge: error == LocalSurface.keyRefused ? "Bearer" : nil, to: &outbox)
    }

    /// Appends the answer to a preflight, or to `OPTIONS` without one.
    func writePreflight(allow: StaticString, to outbox: inout Buffer) {
        ResponseWriter.head(status: 204, to: &outbox)
        field("Allow", "\(allow)", to: &outbox)
        if origin != nil {
            field("Access-Control-Allow-Methods", "\(allow)", to: &outbox)
            field(
                "Access-Control-Allow-Headers", Self.requestFields, to: &outbox)
            field("Access-Control-Allow-Private-Network", "true", to: &outbox)
            field("Access-Control-Max-Age", "600", to: &outbox)
        }
        writeCommonFields(to: &outbox)
    }

    /// Fields that pages may send: the body's type, the key, and what OpenAI's own clients add.
    private static let requestFields =
        "Authorization, Content-Type, Accept, OpenAI-Organization, OpenAI-Project, X-Request-Id, "
        + "X-Stainless-Arch, X-Stainless-Lang, X-Stainless-OS, X-Stainless-Package-Version, "
        + "X-Stainless-Retry-Count, X-Stainless-Runtime, X-Stainless-Runtime-Version, "
        + "X-Stainless-Timeout, X-Stainless-Helper-Method"

    /// Appends the head of a streamed answer.
    func beginStream(to outbox: inout Buffer) {
        ResponseWriter.head(status: 200, to: &outbox)
        field("Content-Type", "text/event-stream; charset=utf-8", to: &outbox)
        if !isOldClient { field("Transfer-Encoding", "chunked", to: &outbox) }
        writeCommonFields(to: &outbox)
    }

    /// An event that was begun: where its chunk stands, for clients that get chunks.
    typealias Event = ChunkWriter.Mark?

    /// Begins one event of a streamed answer; its data follows.
    func beginEvent(to outbox: inout Buffer) -> Event {
        let mark = isOldClient ? nil : ChunkWriter.begin(to: &outbox)
        EventWriter.begin(to: &outbox)
        return mark
    }

    func end(_ event: Event, to outbox: inout Buffer) {
        EventWriter.end(to: &outbox)
        if let event { ChunkWriter.finish(event, in: &outbox) }
    }

    /// Ends a streamed answer that is complete.
    func endStream(to outbox: inout Buffer) {
        let event = beginEvent(to: &outbox)
        outbox.append("[DONE]")
        end(event, to: &outbox)
        if !isOldClient { ChunkWriter.last(to: &outbox) }
    }

    private static let exposedFields =
        "x-request-id, retry-after, x-e2ee-key, x-e2ee-scope, x-e2ee-verification, x-e2ee-encrypted"

    private func writeCommonFields(to outbox: inout Buffer) {
        field("Cache-Control", "no-store", to: &outbox)
        field("x-request-id", requestID, to: &outbox)
        field("X-Content-Type-Options", "nosniff", to: &outbox)
        for (name, value) in verification { field(name, value, to: &outbox) }
        if let origin {
            field("Access-Control-Allow-Origin", origin, to: &outbox)
            field("Access-Control-Expose-Headers", Self.exposedFields, to: &outbox)
        }
        field("Vary", "Origin", to: &outbox)
        field("Connection", keepsAlive ? "keep-alive" : "close", to: &outbox)
        ResponseWriter.end(to: &outbox)
    }

    /// Every value written here is ours, or was checked when it was taken in; one that still does
    /// not fit into a field is left out rather than sent.
    private func field(_ name: StaticString, _ value: String, to outbox: inout Buffer) {
        try? ResponseWriter.field(name, value, to: &outbox)
    }
}
