import Bytes
import E2EE
import HTTP
import Reactor

/// A connection to the provider, and what it is working on.
struct UpstreamLink: ~Copyable {
    enum Phase: Equatable {
        case resolving
        case connecting
        case handshaking
        /// The request is sent; the answer is awaited or arriving.
        case working
        /// The answer is complete for whoever waited for it; the rest of its body is read and
        /// ignored, so that the connection can serve again.
        case draining
        /// In the pool.
        case idle
    }

    /// What the answer is for.
    enum Errand {
        case chat
        case attestation(model: String, nonce: AttestationNonce)
        case catalogue
        /// A part of the collateral for a kind of machine.
        case collateral(CollateralPart, QuotedPlatform, fetch: Int)
        /// What NVIDIA's attestation service says of a model's GPUs, and the keys it signs with.
        case gpuApproval(model: String, verification: Int)
        case gpuKeys
    }

    enum Progress: Equatable {
        case needsMore
        /// The chat answer is complete, though its body may not have ended.
        case answered
        /// The HTTP body has ended.
        case ended
    }

    /// The longest answer that is not a stream.
    static let fetchByteCountMax = 16 * 1024 * 1024

    var phase: Phase
    /// Whom it is connected to.
    let origin: UpstreamURL
    /// Which set of certificates it was connected by.
    let trust: Int
    /// Addresses still to be tried.
    var addresses: ArraySlice<SocketAddress> = []
    /// When look-up, connection and handshake have to be over.
    let connectDeadline: Instant
    private var tls: TLSStream?
    private(set) var errand: Errand
    var attempt: Attempt?
    /// The request, until the answer begins.
    private var request: Buffer
    private var inbox = Buffer()
    private var parser: ResponseParser
    private(set) var head: ResponseFacts?
    /// The body of an answer that is not a stream.
    private(set) var fetched = Buffer()
    /// The model has finished, and only the formal end of its answer is missing.
    var isEnding = false
    /// Reading is paused because the client is slow.
    var isPaused = false
    /// Bytes of the request that the connection had not taken when this was last looked at.
    var unsentByteCount = 0
    /// The connection has answered a request before this one.
    private var hasServed = false

    /// What of an answer's head matters.
    struct ResponseFacts: Equatable {
        let status: Int
        let isEventStream: Bool
        let isJSON: Bool
        let keepsAlive: Bool
        /// Seconds, where the field says a number of them.
        let retryAfter: Int?
        /// The certificates, in text armour, of whoever signed a part of the collateral.
        let issuerChain: [UInt8]?

        init(_ head: ResponseHead, in bytes: Span<UInt8>) {
            status = head.status
            keepsAlive = head.keepsAlive
            func hasType(_ type: StaticString) -> Bool {
                guard let range = head.headers.first("content-type", in: bytes) else {
                    return false
                }
                let value = bytes.extracting(range)
                let byteCount = type.utf8CodeUnitCount
                return value.count >= byteCount
                    && value.extracting(0..<byteCount).equalsIgnoringCase(type)
            }
            isEventStream = hasType("text/event-stream")
            isJSON = hasType("application/json")
            var chain: [UInt8]?
            for name in CollateralPart.issuerChainFields {
                guard let range = head.headers.first(name, in: bytes) else { continue }
                chain = PercentEncoding.decode(bytes.extracting(range))
            }
            issuerChain = chain
            retryAfter = head.headers.first("retry-after", in: bytes).flatMap {
                bytes.extracting($0).decimal
            }
        }
    }

    init(
        _ errand: Errand, to origin: UpstreamURL, trust: Int, request: consuming Buffer,
        attempt: consuming Attempt?, connectDeadline: Instant
    ) {
        phase = .resolving
        self.origin = origin
        self.trust = trust
        self.connectDeadline = connectDeadline
        self.errand = errand
        self.request = request
        self.attempt = attempt
        parser = Self.parser(for: errand)
    }

    private static func parser(for errand: Errand) -> ResponseParser {
        var limits = HTTPLimits(bodyByteCountMax: fetchByteCountMax)
        if case .chat = errand { limits.bodyByteCountMax = .max }
        return ResponseParser(limits: limits)
    }

    /// Gives an idle connection its next errand.
    mutating func take(
        _ errand: Errand, request: consuming Buffer, attempt: consuming Attempt?
    ) {
        precondition(phase == .idle, "an errand for a busy connection")
        self.errand = errand
        self.request = request
        self.attempt = attempt
        parser = Self.parser(for: errand)
        isEnding = false
        head = nil
        fetched.release()
        hasServed = true
        phase = .working
    }

    /// The question was put on a connection that had served before, and no byte of an answer came:
    /// as a rule the provider was closing it just then. A chat is never unheard, since its request
    /// is not kept: it may have run, and running it twice is not ours to decide.
    var isUnheard: Bool { phase == .working && hasServed && !request.isEmpty }

    /// Gives back an unheard request, to be put again.
    mutating func giveBack() -> Buffer {
        var request = Buffer()
        swap(&request, &self.request)
        return request
    }

    // MARK: The connection

    /// The connection is made: begins TLS where it is wanted.
    mutating func connected(
        in context: TLSContext?, outbox: inout Buffer
    ) throws(TLSError) {
        guard origin.isEncrypted, let context else {
            precondition(!origin.isEncrypted, "a context is made where one is needed")
            phase = .working
            return
        }
        phase = .handshaking
        var stream = try TLSStream(connectingTo: origin.host, in: context)
        try stream.start(to: &outbox)
        tls = consume stream
    }

    /// Writes the request. It is kept where it may be put again: a chat is not.
    mutating func send(to outbox: inout Buffer) throws(TLSError) {
        var request = Buffer()
        swap(&request, &self.request)
        defer { if attempt == nil { swap(&request, &self.request) } }
        guard tls != nil else {
            outbox.append(request.readable)
            return
        }
        try tls!.seal(request.readable, to: &outbox)
    }

    /// Takes received bytes. Where the handshake is over with them, `phase` becomes `.working`.
    mutating func open(_ wire: Span<UInt8>, outbox: inout Buffer) throws(TLSError) {
        guard tls != nil else {
            inbox.append(wire)
            return
        }
        try tls!.open(wire, into: &inbox, to: &outbox)
        if phase == .handshaking, tlsState != .handshaking { phase = .working }
    }

    /// The peer said, inside TLS, that it will send no more.
    var isEnded: Bool { tlsState == .ended }

    private var tlsState: TLSStream.State? {
        switch tls {
        case .some(let stream): stream.state
        case .none: nil
        }
    }

    var isEncrypted: Bool { tls != nil }

    // MARK: The answer

    /// Reads on in the answer. Texts that could be opened are written to `outbox`, the client's.
    /// - `reply`: of the exchange whose chat this is; nil for other errands.
    mutating func advance(
        _ reply: inout ChatReply?, to outbox: inout Buffer
    ) throws(AnswerError) -> Progress {
        var inbox = Buffer()
        swap(&inbox, &self.inbox)
        defer { swap(&inbox, &self.inbox) }
        if !inbox.isEmpty { request.release() }
        while true {
            let (event, byteCount) = try next(in: inbox.readable)
            switch event {
            case .needsMore:
                inbox.consume(byteCount)
                return isAnswered ? .answered : .needsMore
            case .head(let head):
                self.head = ResponseFacts(head, in: inbox.readable)
            case .body(let range):
                try take(inbox.readable.extracting(range), &reply, to: &outbox)
            case .end:
                inbox.consume(byteCount)
                return .ended
            }
            inbox.consume(byteCount)
        }
    }

    private mutating func next(
        in bytes: Span<UInt8>
    ) throws(AnswerError) -> (ResponseParser.Event, Int) {
        do throws(HTTPError) {
            let (event, byteCount) = try parser.next(in: bytes)
            return (event, byteCount)
        } catch {
            throw .http(error)
        }
    }

    /// The connection has ended: nil where the answer may end with it.
    mutating func close() -> AnswerError? {
        do throws(HTTPError) {
            guard try parser.closed() == .end else { return .unfinished }
        } catch {
            return .http(error)
        }
        // Without a word of the peer the end may be a cut that somebody else made.
        return isEncrypted && !isEnded ? .unfinished : nil
    }

    private var isAnswered: Bool {
        switch attempt {
        case .some(let attempt): attempt.isDone
        case .none: false
        }
    }

    /// Whether a stream of sealed text is what arrives.
    var isStream: Bool {
        switch attempt {
        case .some(let attempt):
            !attempt.isClearAndWhole && head?.status == 200 && head?.isEventStream == true
        case .none: false
        }
    }

    private mutating func take(
        _ body: Span<UInt8>, _ reply: inout ChatReply?, to outbox: inout Buffer
    ) throws(AnswerError) {
        if phase == .draining { return }
        guard isStream else {
            guard fetched.count + body.count <= Self.fetchByteCountMax else {
                throw .http(.bodyTooLarge(limit: Self.fetchByteCountMax))
            }
            fetched.append(body)
            return
        }
        guard !isAnswered, reply != nil else { return }
        try attempt!.relay(body, reply: &reply!, to: &outbox)
    }

    /// The model has said all it wanted to.
    var isFinished: Bool {
        switch attempt {
        case .some(let attempt): attempt.isFinished
        case .none: false
        }
    }

    /// Which choice is asked for, whether its answer was cut short because no more of it is wanted,
    /// and what the model was told so far.
    var course: (index: Int, isCut: Bool, corrections: [Correction]) {
        switch attempt {
        case .some(let attempt):
            (attempt.choice.index, attempt.choice.isCut, attempt.corrections)
        case .none: (0, false, [])
        }
    }

    /// Whether the answer was not sealed and is no stream: it is whole when its body is.
    var isClearWhole: Bool {
        switch attempt {
        case .some(let attempt):
            attempt.isClearAndWhole && head?.status == 200 && head?.isJSON == true
        case .none: false
        }
    }

    /// The chat's answer has ended.
    mutating func endChat(
        _ reply: inout ChatReply?, to outbox: inout Buffer
    ) throws(AnswerError) -> Attempt.Ending {
        guard attempt != nil, reply != nil else { return .complete }
        if isClearWhole {
            try attempt!.end(with: fetched.readable, reply: &reply!, to: &outbox)
            return .complete
        }
        return try attempt!.end(reply: &reply!, to: &outbox)
    }

    /// The answer was passed on; whatever is left of it concerns nobody.
    mutating func retire() {
        attempt = nil
        phase = .draining
    }

    /// What the provider said instead of a stream: as an error for the client, and whether it means
    /// that the model key has changed.
    var refusal: (error: APIError, isStaleKey: Bool) {
        let status = head?.status ?? 502
        let isStale = 400..<500 ~= status && ProviderError.isStaleKey(fetched.readable)
        guard status != 200 else {
            return (
                APIError(
                    502, .upstream, "upstream_malformed",
                    "The provider's answer is not of the kind that was asked for."),
                false
            )
        }
        return (APIError(providerStatus: status, retryAfter: head?.retryAfter), isStale)
    }

    /// The provider answered a chat with a status of failure.
    var isRefused: Bool { attempt != nil && head != nil && head?.status != 200 }

    /// Waits for the next errand, holding no memory.
    mutating func rest() {
        phase = .idle
        inbox.release()
        fetched.release()
    }

    /// The whole of an answer that is not a stream.
    mutating func takeReply() -> ProviderReply {
        let (error, _) = refusal
        var body = Buffer()
        swap(&body, &fetched)
        return ProviderReply(
            status: head?.status ?? 502, retryAfter: head?.retryAfter,
            issuerChain: head?.issuerChain, body: body, refusal: error)
    }

    /// Nothing arrived since the last answer that is not TLS's own.
    var hasOnlyTickets: Bool { inbox.isEmpty }

    /// Nothing arrived that nobody asked for, and the provider keeps the connection.
    var canServeAgain: Bool { head?.keepsAlive == true && inbox.isEmpty && !isEnded }
}
