import Bytes
import E2EE
import HTTP
import Reactor

/// One client's connection to the simulator.
struct Visitor: ~Copyable {
    enum Phase: Equatable {
        case handshaking
        case reading
        case answering(nextStep: Int)
        /// Nothing is answered any more until the client goes.
        case stalled
    }

    enum Progress {
        case needsMore
        /// The client waits for leave to send its body.
        case awaitsContinue
        case request(ReceivedRequest)
    }

    private var tls: TLSStream
    private var inbox = Buffer()
    private var parser = RequestParser(limits: HTTPLimits())
    private var pending: ReceivedRequest?
    private var body = Buffer()
    private var text = Buffer()
    private var writer: ReplyWriter?
    var phase = Phase.handshaking
    /// Whether another request may follow on this connection.
    private(set) var keepsAlive = true
    /// When the last pause of this reply ended: pauses are counted from there, so that a late timer
    /// does not slow the rate.
    var pacedAt: Instant?

    init(in context: TLSContext) throws(TLSError) {
        tls = try TLSStream(acceptingIn: context)
    }

    var isEnded: Bool { tls.state == .ended }

    // MARK: Requests

    mutating func open(_ wire: Span<UInt8>, to outbox: inout Buffer) throws(TLSError) {
        try tls.open(wire, into: &inbox, to: &outbox)
        if phase == .handshaking, tls.state != .handshaking { phase = .reading }
    }

    /// Reads on in what was received.
    mutating func advance() throws(HTTPError) -> Progress {
        // The inbox leaves for the length of the call, so that all else may change meanwhile.
        var inbox = Buffer()
        swap(&inbox, &self.inbox)
        defer { swap(&inbox, &self.inbox) }
        while true {
            let (event, byteCount) = try parser.next(in: inbox.readable)
            defer { inbox.consume(byteCount) }
            switch event {
            case .needsMore: return .needsMore
            case .head(let head):
                pending = ReceivedRequest(head, in: inbox.readable, byteCount: byteCount)
                if head.expectsContinue { return .awaitsContinue }
            case .body(let range): body.append(inbox.readable.extracting(range))
            case .end:
                guard var request = pending.take() else { continue }
                request.body = body.readable.array
                body.clear()
                keepsAlive = request.keepsAlive
                return .request(request)
            }
        }
    }

    // MARK: Replies

    mutating func begin(_ reply: consuming Reply, id: String) {
        writer = ReplyWriter(reply, id: id)
        phase = .answering(nextStep: 0)
        pacedAt = nil
    }

    mutating func endReply() {
        writer = nil
        phase = .reading
    }

    /// The reply's next step; nil behind its last.
    mutating func nextStep() -> ReplyStep? {
        guard case .answering(let index) = phase, let step = writer?.step(at: index) else {
            return nil
        }
        phase = .answering(nextStep: index + 1)
        return step
    }

    /// Writes what a step has to send, encrypted, to `outbox`.
    mutating func send<Source: Entropy>(
        _ step: ReplyStep, entropy: inout Source, to outbox: inout Buffer
    ) throws(SimulatorError) {
        text.clear()
        do throws(E2EEError) {
            try writer?.write(step, entropy: &entropy, to: &text)
        } catch {
            throw .crypto(error)
        }
        try seal(byByte: writer?.framing == .byByte, to: &outbox)
    }

    /// Writes leave to send the body.
    mutating func sendContinue(to outbox: inout Buffer) throws(SimulatorError) {
        text.clear()
        ResponseWriter.interimContinue(to: &text)
        try seal(byByte: false, to: &outbox)
    }

    mutating func finish(to outbox: inout Buffer) { tls.finish(to: &outbox) }

    private mutating func seal(byByte: Bool, to outbox: inout Buffer) throws(SimulatorError) {
        var text = Buffer()
        swap(&text, &self.text)
        defer { swap(&text, &self.text) }
        let bytes = text.readable
        let recordByteCount = byByte ? 1 : max(bytes.count, 1)
        var start = 0
        while start < bytes.count {
            let end = min(start + recordByteCount, bytes.count)
            do throws(TLSError) {
                try tls.seal(bytes.extracting(start..<end), to: &outbox)
            } catch {
                throw .tls(error)
            }
            start = end
        }
    }
}
