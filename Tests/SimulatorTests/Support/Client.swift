import Bytes
import HTTP
import Reactor

/// What came back for one request.
struct Answer {
    enum End: Equatable {
        case complete
        /// TLS said farewell inside the body.
        case closed
        /// The connection broke, or TLS said nothing at its end.
        case cut
        case timedOut
        case malformed(HTTPError)
    }

    var status = 0
    var body: [UInt8] = []
    var end: End?
    /// The pieces of the body as they were framed.
    var pieceCount = 0
    var location: String?

    var text: String { String(decoding: body, as: UTF8.self) }
}

/// A client that sends requests on one connection each and waits for their answers.
struct Client: StreamHandler, ~Copyable {
    typealias System = EpollKernel

    private let context: TLSContext
    private let request: [UInt8]
    private var tls: TLSStream?
    private var inbox = Buffer()
    private var parser = ResponseParser(limits: HTTPLimits(bodyByteCountMax: 64 << 20))
    private var answer = Answer()
    private(set) var tlsError: TLSError?

    var isRunning: Bool { answer.end == nil }

    /// Sends `request` and waits for its answer, no longer than `milliseconds`.
    static func send(
        _ request: [UInt8], to address: SocketAddress, trusting pem: String,
        milliseconds: Int = 5000
    ) throws -> Answer {
        var loop = EventLoop(try EpollKernel())
        var client = Client(
            context: try TLSContext(trusting: .certificates(pem)), request: request)
        let stream = try loop.connect(to: address)
        loop.setDeadline(loop.now + .milliseconds(milliseconds), of: stream)
        loop.run(&client)
        if let error = client.tlsError { throw error }
        return client.answer
    }

    private init(context: TLSContext, request: [UInt8]) {
        self.context = context
        self.request = request
    }

    mutating func connected(_ stream: Token, on loop: inout EventLoop<EpollKernel>) {
        loop.write(on: stream) { outbox in
            do throws(TLSError) {
                var tls = try TLSStream(connectingTo: "127.0.0.1", in: context)
                try tls.start(to: &outbox)
                self.tls = consume tls
            } catch {
                fail(error)
            }
        }
    }

    mutating func received(
        _ wire: Span<UInt8>, on stream: Token, of loop: inout EventLoop<EpollKernel>
    ) {
        let request = request
        let wasShakingHands = tls?.state == .handshaking
        loop.write(on: stream) { outbox in
            do throws(TLSError) {
                try tls?.open(wire, into: &inbox, to: &outbox)
                if wasShakingHands, tls?.state == .open { try tls?.seal(request.span, to: &outbox) }
            } catch {
                fail(error)
            }
        }
        read()
        if answer.end == nil, tls?.state == .ended { finish(as: .closed) }
    }

    private mutating func read() {
        while answer.end == nil {
            do throws(HTTPError) {
                var inbox = Buffer()
                swap(&inbox, &self.inbox)
                defer { swap(&inbox, &self.inbox) }
                let (event, byteCount) = try parser.next(in: inbox.readable)
                switch event {
                case .needsMore: return inbox.consume(byteCount)
                case .head(let head):
                    answer.status = head.status
                    if let location = head.headers.first("location", in: inbox.readable) {
                        answer.location = inbox.readable.extracting(location).text
                    }
                case .body(let range):
                    answer.body += inbox.readable.extracting(range).array
                    answer.pieceCount += 1
                case .end: answer.end = .complete
                }
                inbox.consume(byteCount)
            } catch {
                answer.end = .malformed(error)
            }
        }
    }

    private mutating func finish(as end: Answer.End) {
        if answer.end == nil { answer.end = end }
    }

    private mutating func fail(_ error: TLSError) {
        tlsError = error
        finish(as: .cut)
    }

    mutating func ended(_ stream: Token, on loop: inout EventLoop<EpollKernel>) {
        finish(as: .cut)
    }
    mutating func failed(
        _ stream: Token, with error: SystemError, on loop: inout EventLoop<EpollKernel>
    ) {
        finish(as: .cut)
    }
    mutating func expired(_ token: Token, on loop: inout EventLoop<EpollKernel>) {
        finish(as: .timedOut)
    }
    mutating func accepted(
        _ stream: Token, by listener: Token, on loop: inout EventLoop<EpollKernel>
    ) {}
    mutating func drained(_ stream: Token, on loop: inout EventLoop<EpollKernel>) {}
    mutating func resolved(
        _ addresses: [SocketAddress], for request: Token, on loop: inout EventLoop<EpollKernel>
    ) {}
    mutating func finished(_ work: Token, on loop: inout EventLoop<EpollKernel>) {}
    mutating func signalled(_ signal: Signal, on loop: inout EventLoop<EpollKernel>) {}
    mutating func turnEnded(on loop: inout EventLoop<EpollKernel>) {}
}
