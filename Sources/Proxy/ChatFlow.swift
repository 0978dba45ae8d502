import Bytes
import E2EE
import HTTP
import Logging
import Reactor

// The way of a request: catalogue → key → attempt → answer. Each step either goes on at once or
// leaves the exchange waiting; whoever brings what it waits for calls `proceed` again.

extension ProxyServer where System: ~Copyable {
    mutating func proceed(_ client: Token, on loop: inout EventLoop<System>) {
        guard hasCatalogue(for: client, on: &loop) else { return }
        do throws(APIError) {
            switch exchanges[client].route {
            case .models:
                let models = catalogue.models.flatMap { $0.names(configuration.allowsClear) }
                answer(client, on: &loop) { CatalogueModel.write(models, to: &$0) }
            case .model(let id):
                let model = try named(id)
                answer(client, on: &loop) { output in model.write(to: &output) }
            case .chatCompletions:
                try proceedChat(client, on: &loop)
            case .ready: answerReady(client, on: &loop)
            case .verification(let model): try answerVerification(client, of: model, on: &loop)
            case .health, nil: preconditionFailure("a request that needs no catalogue")
            }
        } catch {
            fail(client, with: error, on: &loop)
        }
    }

    /// The provider's catalogue is here, so the provider can be reached.
    private mutating func answerReady(_ client: Token, on loop: inout EventLoop<System>) {
        let count = catalogue.models.count
        answer(client, on: &loop) { output in
            output.append(#"{"status":"ready","models":"#)
            output.append(decimal: count)
            output.append("}")
        }
    }

    /// What was verified last, of one model or of all.
    private mutating func answerVerification(
        _ client: Token, of model: String?, on loop: inout EventLoop<System>
    ) throws(APIError) {
        let isRootReplaced = configuration.trustsOthers
        let reports = enclaves.reports
        let (now, wallClock) = (loop.now, loop.wallClock)
        let current = Set(
            reports.keys.filter { enclaves.isCurrent($0, at: now, wallClock: wallClock) })
        guard let model else {
            return answer(client, on: &loop) { output in
                output.append(#"{"models":["#)
                for (index, model) in reports.keys.sorted().enumerated() {
                    guard let report = reports[model] else { continue }
                    if index > 0 { output.append(.ascii(",")) }
                    VerificationDocument(
                        report, isRootReplaced: isRootReplaced, isCurrent: current.contains(model)
                    ).write(to: &output)
                }
                output.append("]}")
            }
        }
        guard let report = reports[model] else {
            throw APIError(
                404, .notFound, "not_verified",
                "This model's enclave was not verified yet: that happens with its first request.",
                param: "model")
        }
        answer(client, on: &loop) { output in
            VerificationDocument(
                report, isRootReplaced: isRootReplaced, isCurrent: current.contains(model)
            ).write(to: &output)
        }
    }

    private mutating func answer(
        _ client: Token, on loop: inout EventLoop<System>,
        _ write: (inout Buffer) -> Void
    ) {
        var body = Buffer()
        write(&body)
        let answer = exchanges[client].answer
        loop.write(on: client) { answer.write(json: body.readable, to: &$0) }
        finishAnswer(client, on: &loop)
    }

    /// The model of this name.
    /// - Throws: 404. A model that cannot be encrypted to does not exist here: it is never passed
    ///   through in clear.
    private func known(_ id: String) throws(APIError) -> CatalogueModel {
        guard let model = catalogue.model(id) else {
            throw APIError(
                404, .notFound, "model_not_found",
                "There is no end-to-end encrypted model of this name. GET /v1/models lists them.",
                param: "model")
        }
        return model
    }

    /// The same, also by the name for what is not sealed.
    private func named(_ id: String) throws(APIError) -> CatalogueModel {
        let isClear = id.hasPrefix(ClearRequest.prefix) && configuration.allowsClear
        guard isClear else { return try known(id) }
        return try known(String(id.dropFirst(ClearRequest.prefix.count))).inClear
    }

    private mutating func proceedChat(
        _ client: Token, on loop: inout EventLoop<System>
    ) throws(APIError) {
        guard let request = exchanges[client].request else {
            preconditionFailure("a chat without a request")
        }
        if request.clear != nil, !configuration.allowsClear { throw APIError.clearRefused }
        let model = try known(request.clear?.model ?? request.model)
        exchanges[client].knownModel = model.id
        try check(request, against: model)
        switch enclaves.look(model.id, at: loop.now, wallClock: loop.wallClock) {
        case .ready(let key):
            try start(client, with: key, on: &loop)
        case .renewing(let key):
            attest(model.id, on: &loop)
            try start(client, with: key, on: &loop)
        case .waiting:
            waitForKey(client, of: model.id)
        case .start:
            waitForKey(client, of: model.id)
            attest(model.id, on: &loop)
        case .failed(let error):
            throw error
        }
    }

    private mutating func waitForKey(_ client: Token, of model: String) {
        exchanges[client].phase = .awaitingKey
        enclaves.wait(for: model, exchanges[client].id)
    }

    /// What a model cannot read is refused here, where it costs nothing.
    private func check(
        _ request: ChatRequest, against model: CatalogueModel
    ) throws(APIError) {
        let image = request.messages.lazy.compactMap(\.imageParam).first
        if let image, !model.canSee {
            throw .badRequest(
                "model_cannot_see", "This model does not read images.", param: image)
        }
        let audio = request.messages.lazy.compactMap(\.audioParam).first
        if let audio, !model.canHear {
            throw .badRequest("model_cannot_hear", "This model does not hear.", param: audio)
        }
    }

    /// Seals the request once for every choice, and sends all of them.
    private mutating func start(
        _ client: Token, with key: VerifiedKey, on loop: inout EventLoop<System>
    ) throws(APIError) {
        exchanges[client].show(key, isRootReplaced: configuration.trustsOthers)
        exchanges[client].phase = .awaitingAnswer
        if let clear = exchanges[client].request?.clear {
            return askInClear(client, clear, with: key, on: &loop)
        }
        exchanges[client].beginReply(
            created: loop.wallClock, reasoningField: configuration.reasoningField)
        let id = exchanges[client].id
        for index in 0..<(exchanges[client].request?.choiceCount ?? 1) where isCurrent(id) {
            try ask(client, for: index, with: key, on: &loop)
        }
    }

    /// Sends a request as it is: the client chose a model by a name that says so.
    private mutating func askInClear(
        _ client: Token, _ clear: ClearRequest, with key: VerifiedKey,
        on loop: inout EventLoop<System>
    ) {
        guard let chat = exchanges[client].request else { return }
        var body = Buffer()
        exchanges[client].write(clear, to: &body)
        exchanges[client].beginReply(
            created: loop.wallClock, reasoningField: configuration.reasoningField)
        let id = exchanges[client].id
        let attempt = Attempt(
            for: id, choice: Choice(0, of: chat, thinking: .off), key: key.key,
            clear: ClearAnswer(to: chat))
        let link = send(provider.clearChat(body: body), for: .chat, attempt: attempt, on: &loop)
        if isCurrent(id), upstreams.contains(link) { exchanges[client].attempts.append(link) }
    }

    /// Seals the request and sends it, for one choice of its answer.
    /// - `corrections`: what the model is told of its answers so far.
    private mutating func ask(
        _ client: Token, for index: Int, with key: VerifiedKey, _ corrections: [Correction] = [],
        on loop: inout EventLoop<System>
    ) throws(APIError) {
        guard let chat = exchanges[client].request else { return }
        do throws(E2EEError) {
            let opener = try Opener(entropy: &entropy)
            var sealer = try Sealer(to: key, entropy: &entropy)
            var body = Buffer()
            try exchanges[client].seal(
                corrections, texts: configuration.messageTexts(for: chat.model), with: &sealer,
                entropy: &entropy, to: &body)
            let request = provider.chat(body: body, to: key.key, for: opener.publicKey)
            let choice = Choice(index, of: chat, thinking: configuration.thinking)
            let attempt = Attempt(
                for: exchanges[client].id, choice: choice, key: key.key, opener: opener,
                corrections: corrections)
            let id = exchanges[client].id
            let link = send(request, for: .chat, attempt: attempt, on: &loop)
            if isCurrent(id), upstreams.contains(link) { exchanges[client].attempts.append(link) }
        } catch {
            throw APIError(error)
        }
    }

    /// A chat's answer has ended: passes its end on, or what the provider refused.
    mutating func completeChat(_ link: Token, on loop: inout EventLoop<System>) {
        guard let exchange = upstreams[link].attempt?.exchange,
            let key = upstreams[link].attempt?.key, isCurrent(exchange)
        else { return dropLink(link, on: &loop) }
        let client = exchange.client
        exchanges[client].attempts.removeAll { $0 == link }
        guard upstreams[link].isStream || upstreams[link].isClearWhole else {
            let (error, isStale) = upstreams[link].refusal
            upstreams[link].retire()
            return chatFailed(client, key: key, error, isStaleKey: isStale, on: &loop)
        }
        let (index, isCut, corrections) = upstreams[link].course
        var ending = Attempt.Ending.complete
        do throws(AnswerError) {
            try loop.write(on: client) { (outbox) throws(AnswerError) in
                ending = try upstreams[link].endChat(&exchanges[client].reply, to: &outbox)
            }
        } catch {
            dropLink(link, on: &loop)
            return chatFailed(client, key: key, APIError(error), isStaleKey: false, on: &loop)
        }
        if isCut { dropLink(link, on: &loop) } else { upstreams[link].retire() }
        if case .again(let correction) = ending {
            return askAgain(client, for: index, corrections + [correction], on: &loop)
        }
        guard exchanges[client].isAnswered else { return }
        report(client, outcome: "ok", on: &loop)
        finishAnswer(client, on: &loop)
        readOn(client, on: &loop)
    }

    /// Tells the model what was wrong with its answer.
    private mutating func askAgain(
        _ client: Token, for index: Int, _ corrections: [Correction],
        on loop: inout EventLoop<System>
    ) {
        guard let model = exchanges[client].knownModel else { return }
        let key: VerifiedKey
        switch enclaves.look(model, at: loop.now, wallClock: loop.wallClock) {
        case .ready(let current): key = current
        case .renewing(let current):
            attest(model, on: &loop)
            key = current
        case .start, .waiting, .failed:
            // The key has run out meanwhile: the client may ask again, with a fresh one.
            fail(client, with: APIError(AnswerError.unfinished), on: &loop)
            return readOn(client, on: &loop)
        }
        do throws(APIError) {
            try ask(client, for: index, with: key, corrections, on: &loop)
        } catch {
            fail(client, with: error, on: &loop)
            readOn(client, on: &loop)
        }
    }

    /// A chat could not be answered. Where the provider no longer takes the key, and nothing has
    /// reached the client, it is attested anew and asked once more.
    mutating func chatFailed(
        _ client: Token, key: PublicKey, _ error: APIError, isStaleKey: Bool,
        on loop: inout EventLoop<System>
    ) {
        if isStaleKey, !exchanges[client].isCommitted, let model = exchanges[client].knownModel {
            enclaves.drop(key, of: model)
            if !exchanges[client].hasRetriedKey {
                exchanges[client].hasRetriedKey = true
                dropAttempts(of: client, on: &loop)
                log.notice("the model key has changed", metadata: ["model": "\(model)"])
                return wake([exchanges[client].id], on: &loop)
            }
        }
        let final = isStaleKey ? APIError(AnswerError.reported(isStaleKey: true)) : error
        fail(client, with: final, on: &loop)
        readOn(client, on: &loop)
    }
}

// MARK: The catalogue

extension ProxyServer where System: ~Copyable {
    /// Whether the catalogue is there; where not, the exchange waits for it, or has been answered.
    private mutating func hasCatalogue(
        for client: Token, on loop: inout EventLoop<System>
    ) -> Bool {
        switch catalogue.look(at: loop.now) {
        case .ready: return true
        case .refreshing:
            fetchCatalogue(on: &loop)
            return true
        case .waiting:
            waitForCatalogue(client)
        case .start:
            waitForCatalogue(client)
            fetchCatalogue(on: &loop)
        case .failed(let error):
            fail(client, with: error, on: &loop)
        }
        return false
    }

    private mutating func waitForCatalogue(_ client: Token) {
        exchanges[client].phase = .awaitingCatalogue
        catalogue.wait(exchanges[client].id)
    }

    private mutating func fetchCatalogue(on loop: inout EventLoop<System>) {
        catalogue.began()
        send(provider.catalogue(), for: .catalogue, on: &loop)
    }

    /// The catalogue has arrived, or what the provider said instead.
    mutating func listed(_ reply: consuming ProviderReply, on loop: inout EventLoop<System>) {
        guard reply.status == 200 else { return catalogueFailed(reply.refusal, on: &loop) }
        guard let waiters = catalogue.fetched(reply.body.readable, at: loop.now) else {
            return catalogueFailed(
                APIError(
                    502, .upstream, "upstream_malformed", "The provider's catalogue is no list."),
                on: &loop)
        }
        log.debug("catalogue", metadata: ["models": "\(catalogue.models.count)"])
        wake(waiters, on: &loop)
    }

    mutating func catalogueFailed(_ error: APIError, on loop: inout EventLoop<System>) {
        log.warning("the catalogue could not be fetched", metadata: ["reason": "\(error.code)"])
        var error = error
        if error.status >= 500 { error.status = 503 }
        if error.status == 503 { error.retryAfter = error.retryAfter ?? 3 }
        for waiter in catalogue.failed(with: error, at: loop.now) where isCurrent(waiter) {
            fail(waiter.client, with: error, on: &loop)
            readOn(waiter.client, on: &loop)
        }
    }

    /// Goes on with the exchanges that waited.
    mutating func wake(_ waiters: [ExchangeID], on loop: inout EventLoop<System>) {
        for waiter in waiters where isCurrent(waiter) {
            proceed(waiter.client, on: &loop)
            if exchanges.contains(waiter.client) { readOn(waiter.client, on: &loop) }
        }
    }
}
