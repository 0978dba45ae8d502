import Bytes
import E2EE
import HTTP
import Reactor

/// One client connection and the request it is in: a state machine that is used again for every
/// request of the connection.
struct Exchange: ~Copyable {
    enum Phase: Equatable {
        /// Between requests, or inside a head.
        case reading
        case readingBody
        case awaitingCatalogue
        case awaitingKey
        case awaitingAnswer
        /// The answer is written and the connection ends; what still arrives is thrown away, so
        /// that the answer is not lost to a reset.
        case lingering
    }

    enum Step: Equatable {
        case needsMore
        /// A head was read and its body is wanted; `isAwaited`: the client waits to be told so.
        case began(isAwaited: Bool)
        case preflight(allow: StaticString)
        case complete
        case refused(APIError, allow: StaticString?)

        static func == (left: Step, right: Step) -> Bool {
            switch (left, right) {
            case (.needsMore, .needsMore), (.complete, .complete): true
            case (.began(let left), .began(let right)): left == right
            default: false
            }
        }
    }

    let client: Token
    var phase = Phase.reading
    /// Counts the requests of this connection.
    private(set) var number = 0
    private(set) var answer: ClientAnswer
    private(set) var route: Route?
    private var inbox = Buffer()
    private var parser: RequestParser
    /// The body of the request, in clear; wiped as soon as nothing can need it again.
    private(set) var body = Buffer()
    var request: ChatRequest?
    /// The answer to it; nil until the request is sealed.
    var reply: ChatReply?
    /// The upstream connections that work on this request.
    var attempts: [Token] = []
    var hasRetriedKey = false
    var startedAt: Instant
    /// Counted among the requests that wait for an answer.
    private var isCounted = false
    /// The model asked for, once the catalogue is known to have it: other names are the client's
    /// text.
    var knownModel: String?

    init(client: Token, limits: HTTPLimits, at now: Instant) {
        self.client = client
        parser = RequestParser(limits: limits)
        answer = ClientAnswer(requestID: "")
        startedAt = now
    }

    var id: ExchangeID { ExchangeID(client: client, number: number) }
    /// Nothing of a next request was received.
    var isBetweenRequests: Bool { phase == .reading && inbox.isEmpty && parser.isBetweenRequests }
    /// Bytes that wait until the current request is answered.
    var waitingByteCount: Int { inbox.count }

    /// Bytes of a body that make up for another stretch of time.
    static let progressByteCount = 4096
    private var unpaidByteCount = 0

    /// Counts what arrived of a body: whether it is enough to wait on.
    mutating func hasProgressed(by byteCount: Int) -> Bool {
        unpaidByteCount += byteCount
        guard unpaidByteCount >= Self.progressByteCount else { return false }
        unpaidByteCount = 0
        return true
    }

    mutating func received(_ wire: Span<UInt8>) {
        guard phase != .lingering else { return }
        inbox.append(wire)
    }

    /// Reads on until something has to be done. Only while `phase` is one of the reading ones.
    mutating func next(_ surface: LocalSurface, ids: inout RequestIDs) -> Step {
        var inbox = Buffer()
        swap(&inbox, &self.inbox)
        defer { swap(&inbox, &self.inbox) }
        while true {
            let event: RequestParser.Event
            let byteCount: Int
            do throws(HTTPError) {
                (event, byteCount) = try parser.next(in: inbox.readable)
            } catch {
                return refuse(APIError(request: error), ids: &ids)
            }
            switch event {
            case .needsMore:
                inbox.consume(byteCount)
                return .needsMore
            case .head(let head):
                let step = begin(head, in: inbox.readable, surface, ids: &ids)
                inbox.consume(byteCount)
                return step
            case .body(let range):
                if route == .chatCompletions { body.append(inbox.readable.extracting(range)) }
                inbox.consume(byteCount)
            case .end:
                inbox.consume(byteCount)
                // The end of a request that was answered at its head concerns nobody.
                guard phase == .readingBody else { continue }
                // What was read of the prompt is wiped, and an idle connection holds no memory.
                if inbox.isEmpty { inbox.release() }
                return .complete
            }
        }
    }

    /// An error before a head was understood, or in the middle of a body: the connection is lost.
    private mutating func refuse(_ error: APIError, ids: inout RequestIDs) -> Step {
        abandon(ids: &ids)
        return .refused(error, allow: nil)
    }

    private mutating func begin(
        _ head: RequestHead, in bytes: Span<UInt8>, _ surface: LocalSurface, ids: inout RequestIDs
    ) -> Step {
        number += 1
        answer = ClientAnswer(
            requestID: ids.next(), isOldClient: head.version == .http10,
            keepsAlive: head.keepsAlive && head.version == .http11,
            omitsBody: head.method == .head)
        var allow: StaticString?
        do throws(APIError) {
            answer.origin = try surface.checkSender(head, in: bytes)
            if head.form == .asterisk { return preflight("GET, HEAD, POST, OPTIONS", head) }
            let path = bytes.extracting(head.path)
            // A preflight carries no key.
            if head.method != .options, !Route.isWatch(path) {
                try surface.checkKey(head, in: bytes)
            }
            let route = try Route.of(path)
            if head.method == .options { return preflight(route.methods, head) }
            guard route.allows(head.method) else {
                allow = route.methods
                throw Self.methodRefused(head.method)
            }
            if route == .chatCompletions { try Self.checkBody(head, in: bytes) }
            self.route = route
        } catch {
            // The body of a refused request is not read: it would be work for nobody.
            if head.framing.hasBody { answer.keepsAlive = false }
            return .refused(error, allow: allow)
        }
        phase = .readingBody
        unpaidByteCount = 0
        return .began(isAwaited: head.expectsContinue && head.framing.hasBody)
    }

    private mutating func preflight(_ allow: StaticString, _ head: RequestHead) -> Step {
        if head.framing.hasBody { answer.keepsAlive = false }
        return .preflight(allow: allow)
    }

    private static func methodRefused(_ method: Method) -> APIError {
        method == .other
            ? APIError(501, .invalidRequest, "unsupported_method", "This method is not known.")
            : APIError(
                405, .invalidRequest, "method_not_allowed", "This path does not have this method.")
    }

    private static func checkBody(_ head: RequestHead, in bytes: Span<UInt8>) throws(APIError) {
        if let coding = head.headers.first("content-encoding", in: bytes),
            !bytes.extracting(coding).equalsIgnoringCase("identity")
        {
            throw APIError(
                415, .invalidRequest, "unsupported_encoding", "Compressed bodies are not read.")
        }
        guard head.headers.count(of: "content-type", in: bytes) == 1,
            let range = head.headers.first("content-type", in: bytes),
            isJSON(bytes.extracting(range))
        else {
            throw APIError(
                415, .invalidRequest, "unsupported_media_type",
                "The content type must be application/json.")
        }
    }

    /// `application/json`, with parameters or without.
    private static func isJSON(_ value: Span<UInt8>) -> Bool {
        let end = value.firstIndex(of: .ascii(";")) ?? value.count
        let type = value.trimmed(0..<end)
        return value.extracting(type).equalsIgnoringCase("application/json")
    }

    /// The request was answered: forgets all of it and reads the next.
    mutating func reset() {
        phase = .reading
        body.release()
        request = nil
        reply = nil
        route = nil
        attempts = []
        hasRetriedKey = false
        knownModel = nil
    }

    mutating func startWaiting() { isCounted = true }

    /// - Returns: whether it was waiting.
    mutating func stopWaiting() -> Bool {
        defer { isCounted = false }
        return isCounted
    }

    /// The answer ends here, and the connection with it.
    mutating func linger() {
        phase = .lingering
        body.release()
        inbox.release()
        request = nil
        reply = nil
    }

    /// The head of a streamed answer was sent.
    var isCommitted: Bool {
        switch reply {
        case .some(let reply): reply.isCommitted
        case .none: false
        }
    }

    /// Every choice of the answer has ended.
    var isAnswered: Bool {
        switch reply {
        case .some(let reply): reply.isComplete
        case .none: false
        }
    }

    /// Pieces of text that were opened for the answer.
    var chunkCount: Int {
        switch reply {
        case .some(let reply): reply.chunkCount
        case .none: 0
        }
    }

    /// A streamed answer has begun: the request is not sent again, so its text is wiped.
    mutating func wipeRequest() { if !body.isEmpty { body.release() } }

    /// The answer's head will name the key that the request was sealed to.
    mutating func show(_ key: VerifiedKey, isRootReplaced: Bool) {
        answer.verification = VerificationDocument.headFields(
            of: key, isRootReplaced: isRootReplaced)
    }

    /// The answer is cut short, so that no client takes it for complete.
    mutating func cut() { answer.keepsAlive = false }

    /// Gives up on a request that does not arrive.
    mutating func abandon(ids: inout RequestIDs) {
        if phase == .reading {
            number += 1
            answer = ClientAnswer(requestID: ids.next())
        }
        answer.keepsAlive = false
    }

    /// A complete request waits for its answer.
    var isWaiting: Bool {
        switch phase {
        case .awaitingCatalogue, .awaitingKey, .awaitingAnswer: true
        case .reading, .readingBody, .lingering: false
        }
    }

    /// An attempt's connection got another token.
    mutating func replaceAttempt(_ old: Token, with new: Token) {
        guard let index = attempts.firstIndex(of: old) else { return }
        attempts[index] = new
    }

    /// Appends the provider's request body, its texts sealed.
    mutating func seal<E: Entropy>(
        _ corrections: [Correction], texts: MessageTexts, with sealer: inout Sealer,
        entropy: inout E, to output: inout Buffer
    ) throws(E2EEError) {
        guard let request else { preconditionFailure("nothing was read that could be sealed") }
        try RequestPath.write(
            request, from: body.readable, corrections: corrections, texts: texts,
            sealer: &sealer, entropy: &entropy, to: &output)
    }

    /// Appends the provider's request body of a request that is not sealed.
    mutating func write(_ clear: ClearRequest, to output: inout Buffer) {
        clear.write(from: body.readable, to: &output)
        answer.verification.removeAll { "\($0.name)" == "x-e2ee-key" }
        answer.verification += ClearAnswer.headFields
    }

    /// Begins the answer.
    mutating func beginReply(created: Int, reasoningField: ReasoningField) {
        guard let request else { preconditionFailure("an answer to nothing") }
        reply = ChatReply(
            to: request, answer: answer, created: created, reasoningField: reasoningField)
    }

    /// Reads the request's body as a chat request.
    mutating func readRequest() throws(APIError) {
        request = try ChatRequest(body.readable)
    }
}
