import Bytes
import E2EE
import HTTP

/// How one request is answered.
struct Reply {
    /// How the body's bytes are laid over chunks and records.
    enum Framing {
        /// A chunk and a record for every event.
        case byEvent
        /// A chunk and a record for every byte.
        case byByte
        /// One chunk and one record for all until a pause.
        case gathered
    }

    var steps: [ReplyStep]
    var framing = Framing.byEvent
    var endsLinesWithReturns = false
    var model = ""
    /// What texts are sealed to; nil of a model that answers in clear.
    var clientKey: PublicKey?
    var promptTokenCount = 0

    init(_ steps: [ReplyStep]) { self.steps = steps }

    /// A whole answer with a body.
    static func json(status: Int = 200, _ json: String, retryAfter: Int? = nil) -> Reply {
        var output = Buffer()
        ResponseWriter.head(status: status, to: &output)
        output.append("Content-Type: application/json\r\n")
        if let retryAfter {
            ResponseWriter.field("Retry-After", decimal: retryAfter, to: &output)
        }
        ResponseWriter.field("Content-Length", decimal: json.utf8.count, to: &output)
        ResponseWriter.end(to: &output)
        output.append(json)
        return Reply([.wire(output.readable.array)])
    }

    static func refusal(_ refusal: ChatRefusal) -> Reply {
        json(status: refusal.status, refusal.json)
    }

    /// A status that the provider answers with instead of what was asked.
    static func failure(status: Int) -> Reply {
        json(
            status: status, ChatRefusal.text("SIMULATED", "A simulated failure."),
            retryAfter: status == 429 || status == 503 ? 1 : nil)
    }

    static var redirect: Reply {
        var output = Buffer()
        ResponseWriter.head(status: 307, to: &output)
        output.append("Location: https://elsewhere.invalid/\r\nContent-Length: 0\r\n\r\n")
        return Reply([.wire(output.readable.array)])
    }

    /// The head of a streamed answer.
    static var streamHead: ReplyStep {
        var output = Buffer()
        ResponseWriter.head(status: 200, to: &output)
        output.append("Content-Type: text/event-stream\r\nCache-Control: no-cache\r\n")
        output.append("Transfer-Encoding: chunked\r\n\r\n")
        return .wire(output.readable.array)
    }
}
