import Bytes
import E2EE
import HTTP
import Logging
import Reactor

// What happens on connections to the provider.

extension ProxyServer where System: ~Copyable {
    /// How long the rest of an answer that is complete may take, so that its connection serves
    /// again.
    private static var restTimeout: Duration { .seconds(5) }

    /// Sends a request to the provider on an idle connection, or on a new one.
    /// - Returns: the connection; its token changes once when a name has to be looked up.
    @discardableResult
    mutating func send(
        _ request: consuming Buffer, for errand: UpstreamLink.Errand,
        attempt: consuming Attempt? = nil, on loop: inout EventLoop<System>
    ) -> Token {
        while let link = pool.take() {
            guard upstreams.contains(link) else { continue }
            upstreams[link].take(errand, request: request, attempt: attempt)
            sendRequest(on: link, of: &loop)
            return link
        }
        return send(
            request, to: configuration.upstream, for: errand, attempt: attempt, on: &loop)
    }

    /// Sends a request to anybody on a new connection.
    @discardableResult
    mutating func send(
        _ request: consuming Buffer, to origin: UpstreamURL, for errand: UpstreamLink.Errand,
        attempt: consuming Attempt? = nil, on loop: inout EventLoop<System>
    ) -> Token {
        let deadline = loop.now + min(configuration.connectTimeout, patience(for: errand))
        let link = UpstreamLink(
            errand, to: origin, trust: trustNumber, request: request, attempt: attempt,
            connectDeadline: deadline)
        let token = loop.resolve(origin.host, port: origin.port)
        upstreams.insert(link, at: token)
        loop.setDeadline(deadline, of: token)
        return token
    }

    mutating func upstreamResolved(
        _ addresses: [SocketAddress], for request: Token, on loop: inout EventLoop<System>
    ) {
        upstreams[request].addresses = addresses[...]
        if addresses.isEmpty {
            linkFailed(request, with: .nameNotResolved, on: &loop)
        } else {
            connectNext(request, after: nil, on: &loop)
        }
    }

    /// Tries the next address, for its share of the time that is left: one that never answers
    /// leaves the others theirs. The link moves from `token`, which is dead, to the connection's.
    private mutating func connectNext(
        _ token: Token, after error: SystemError?, on loop: inout EventLoop<System>
    ) {
        var error = error
        while let address = upstreams[token].addresses.popFirst() {
            do throws(SystemError) {
                let connection = try loop.connect(to: address)
                guard var link = upstreams.remove(token) else { return }
                link.phase = .connecting
                if let client = link.attempt?.exchange.client, exchanges.contains(client) {
                    exchanges[client].replaceAttempt(token, with: connection)
                }
                let share = (link.connectDeadline - loop.now) / (link.addresses.count + 1)
                upstreams.insert(link, at: connection)
                loop.setDeadline(loop.now + share, of: connection)
                return
            } catch let failure {
                error = failure
            }
        }
        let reason = error ?? SystemError("connect", code: 0)
        linkFailed(token, with: APIError(connection: reason), on: &loop)
    }

    mutating func upstreamConnected(_ link: Token, on loop: inout EventLoop<System>) {
        do throws(TLSError) {
            try loop.write(on: link) { (outbox) throws(TLSError) in
                try upstreams[link].connected(in: tls, outbox: &outbox)
            }
        } catch {
            return linkFailed(link, with: APIError(error), on: &loop)
        }
        loop.setDeadline(upstreams[link].connectDeadline, of: link)
        if upstreams[link].phase == .working { sendRequest(on: link, of: &loop) }
    }

    private mutating func sendRequest(on link: Token, of loop: inout EventLoop<System>) {
        do throws(TLSError) {
            try loop.write(on: link) { (outbox) throws(TLSError) in
                try upstreams[link].send(to: &outbox)
            }
        } catch {
            return linkFailed(link, with: APIError(error), on: &loop)
        }
        upstreams[link].unsentByteCount = loop.pendingByteCount(of: link)
        loop.reportDrained(link)
        loop.setDeadline(loop.now + patience(for: upstreams[link].errand), of: link)
    }

    /// How long an answer may take to begin.
    private func patience(for errand: UpstreamLink.Errand) -> Duration {
        switch errand {
        case .gpuApproval, .gpuKeys: NRASState.timeout
        case .chat, .attestation, .catalogue, .collateral: configuration.firstByteTimeout
        }
    }

    /// The connection has taken all of the request: the time for the answer's first byte begins.
    mutating func upstreamDrained(_ link: Token, on loop: inout EventLoop<System>) {
        guard upstreams[link].phase == .working, upstreams[link].head == nil else { return }
        loop.setDeadline(loop.now + patience(for: upstreams[link].errand), of: link)
    }

    /// Whether the connection has taken some of the request since this was last asked, though not
    /// yet all.
    private mutating func isSending(_ link: Token, on loop: inout EventLoop<System>) -> Bool {
        let byteCount = loop.pendingByteCount(of: link)
        defer { upstreams[link].unsentByteCount = byteCount }
        return byteCount > 0 && byteCount < upstreams[link].unsentByteCount
    }

    mutating func upstreamReceived(
        _ wire: Span<UInt8>, on link: Token, of loop: inout EventLoop<System>
    ) {
        let wasHandshaking = upstreams[link].phase == .handshaking
        var failure: TLSError?
        do throws(TLSError) {
            try loop.write(on: link) { (outbox) throws(TLSError) in
                try upstreams[link].open(wire, outbox: &outbox)
            }
        } catch {
            failure = error
        }
        if wasHandshaking, upstreams[link].phase == .working, failure == nil {
            sendRequest(on: link, of: &loop)
            guard upstreams.contains(link) else { return }
        }
        switch upstreams[link].phase {
        case .working, .draining: advance(link, on: &loop)
        case .idle:
            // Session tickets come after the answer; anything else nobody asked for.
            if !upstreams[link].hasOnlyTickets { dropLink(link, on: &loop) }
        case .resolving, .connecting, .handshaking: break
        }
        guard upstreams.contains(link) else { return }
        if let failure {
            linkFailed(link, with: APIError(failure), on: &loop)
        } else if upstreams[link].isEnded {
            upstreamEnded(link, on: &loop)
        }
    }

    /// Reads on in the answer and passes on what it can.
    private mutating func advance(_ link: Token, on loop: inout EventLoop<System>) {
        let client = upstreams[link].attempt?.exchange.client ?? .none
        var progress = UpstreamLink.Progress.needsMore
        do throws(AnswerError) {
            guard exchanges.contains(client) else {
                var none: ChatReply?
                var nowhere = Buffer()
                progress = try upstreams[link].advance(&none, to: &nowhere)
                return advanced(link, progress, for: client, on: &loop)
            }
            try loop.write(on: client) { (outbox) throws(AnswerError) in
                progress = try upstreams[link].advance(&exchanges[client].reply, to: &outbox)
            }
        } catch {
            return linkFailed(
                link, with: APIError(error), isStaleKey: error == .reported(isStaleKey: true),
                on: &loop)
        }
        if exchanges[client].isCommitted { exchanges[client].wipeRequest() }
        advanced(link, progress, for: client, on: &loop)
    }

    private mutating func advanced(
        _ link: Token, _ progress: UpstreamLink.Progress, for client: Token,
        on loop: inout EventLoop<System>
    ) {
        switch progress {
        case .needsMore:
            guard upstreams[link].phase == .working else { return }
            allowTime(for: link, on: &loop)
            slowDown(link, for: client, on: &loop)
        case .answered, .ended:
            if upstreams[link].phase == .working {
                complete(link, isOver: progress == .ended, on: &loop)
            } else if progress == .ended {
                recycle(link, on: &loop)
            }
        }
    }

    /// Renews the time for a stream that goes on. Until its head is here the time for the first
    /// byte runs on, whatever TLS sends; a fetch has that time for all of it; and once the model
    /// has finished, the formal end may take a moment and no longer, however it trickles.
    private mutating func allowTime(for link: Token, on loop: inout EventLoop<System>) {
        guard upstreams[link].isStream, !upstreams[link].isEnding else { return }
        upstreams[link].isEnding = upstreams[link].isFinished
        let patience = upstreams[link].isEnding ? Self.restTimeout : configuration.idleTimeout
        loop.setDeadline(loop.now + patience, of: link)
    }

    /// Stops reading from the provider while the client does not keep up.
    private mutating func slowDown(
        _ link: Token, for client: Token, on loop: inout EventLoop<System>
    ) {
        let byteCountMax =
            isOutOfMemory ? Self.scarceOutboxByteCountMax : Self.outboxByteCountMax
        guard loop.pendingByteCount(of: client) > byteCountMax else { return }
        upstreams[link].isPaused = true
        loop.setReceiving(false, on: link)
        loop.setDeadline(nil, of: link)
        loop.reportDrained(client)
        loop.setDeadline(loop.now + configuration.idleTimeout, of: client)
    }

    /// The errand's answer is here.
    /// - `isOver`: its body has ended, so that what follows from it can use the connection again.
    private mutating func complete(
        _ link: Token, isOver: Bool, on loop: inout EventLoop<System>
    ) {
        let errand = upstreams[link].errand
        if case .chat = errand {
            completeChat(link, on: &loop)
            guard upstreams.contains(link) else { return }
            loop.setDeadline(loop.now + Self.restTimeout, of: link)
            if isOver { recycle(link, on: &loop) }
            return
        }
        let reply = upstreams[link].takeReply()
        upstreams[link].phase = .draining
        if isOver { recycle(link, on: &loop) }
        switch errand {
        case .chat: return
        case .attestation(let model, let nonce): attested(reply, model, nonce, on: &loop)
        case .catalogue: listed(reply, on: &loop)
        case .collateral(let part, let platform, let fetch):
            fetched(part, of: platform, in: fetch, reply, on: &loop)
        case .gpuApproval(let model, let number): approved(reply, model, number, on: &loop)
        case .gpuKeys: fetchedNRASKeys(reply, on: &loop)
        }
    }

    /// The whole body was read: the connection can serve again, or ends. One whose request was
    /// answered before all of it was sent would make the next wait for the rest.
    private mutating func recycle(_ link: Token, on loop: inout EventLoop<System>) {
        let isSent = loop.pendingByteCount(of: link) == 0
        let isProvider =
            upstreams[link].origin == configuration.upstream && upstreams[link].trust == trustNumber
        guard upstreams[link].canServeAgain, isSent, isProvider, !isDraining, pool.put(link) else {
            return dropLink(link, on: &loop)
        }
        upstreams[link].rest()
        loop.setDeadline(loop.now + UpstreamPool.idleTimeout, of: link)
    }

    mutating func upstreamEnded(_ link: Token, on loop: inout EventLoop<System>) {
        switch upstreams[link].phase {
        case .idle, .draining: dropLink(link, on: &loop)
        case .resolving, .connecting, .handshaking:
            linkFailed(link, with: APIError(TLSError.cutOff), on: &loop)
        case .working where upstreams[link].isUnheard: sendAgain(link, on: &loop)
        case .working:
            if upstreams[link].isFinished || upstreams[link].isRefused {
                // Everything that matters was said; only the formal end is missing.
                complete(link, isOver: false, on: &loop)
            } else if let error = upstreams[link].close() {
                linkFailed(link, with: APIError(error), on: &loop)
            } else {
                complete(link, isOver: false, on: &loop)
            }
            if upstreams.contains(link) { dropLink(link, on: &loop) }
        }
    }

    mutating func upstreamFailed(
        _ link: Token, with error: SystemError, on loop: inout EventLoop<System>
    ) {
        switch upstreams[link].phase {
        case .connecting where !upstreams[link].addresses.isEmpty:
            connectNext(link, after: error, on: &loop)
        case .working where upstreams[link].isFinished:
            upstreamEnded(link, on: &loop)
        case .working where upstreams[link].isUnheard: sendAgain(link, on: &loop)
        case .idle, .draining: dropLink(link, on: &loop)
        case .resolving, .connecting, .handshaking, .working:
            linkFailed(link, with: APIError(connection: error), on: &loop)
        }
    }

    /// Puts a question that met a dying connection on another one. That one may be dying, too; the
    /// pool then runs empty, and a new connection is not given up on in this way. No nonce is sent
    /// twice: evidence is asked for anew.
    private mutating func sendAgain(_ link: Token, on loop: inout EventLoop<System>) {
        let errand = upstreams[link].errand
        let request = upstreams[link].giveBack()
        dropLink(link, on: &loop)
        if case .attestation(let model, _) = errand { return attest(model, on: &loop) }
        send(request, for: errand, on: &loop)
    }

    mutating func upstreamExpired(_ link: Token, on loop: inout EventLoop<System>) {
        switch upstreams[link].phase {
        case .idle, .draining: dropLink(link, on: &loop)
        case .connecting where !upstreams[link].addresses.isEmpty:
            loop.close(link)
            connectNext(link, after: nil, on: &loop)
        case .resolving, .connecting, .handshaking:
            linkFailed(link, with: .connectTimeout, on: &loop)
        case .working where upstreams[link].isFinished:
            upstreamEnded(link, on: &loop)
        case .working where isSending(link, on: &loop):
            loop.setDeadline(loop.now + patience(for: upstreams[link].errand), of: link)
        case .working: linkFailed(link, with: .answerTimeout, on: &loop)
        }
    }

    /// The errand failed with its connection.
    private mutating func linkFailed(
        _ link: Token, with error: APIError, isStaleKey: Bool = false,
        on loop: inout EventLoop<System>
    ) {
        let errand = upstreams[link].errand
        let exchange = upstreams[link].attempt?.exchange
        let key = upstreams[link].attempt?.key
        if upstreams[link].phase == .draining || upstreams[link].phase == .idle {
            return dropLink(link, on: &loop)
        }
        dropLink(link, on: &loop)
        switch errand {
        case .chat:
            guard let exchange, let key, isCurrent(exchange) else { return }
            exchanges[exchange.client].attempts.removeAll { $0 == link }
            chatFailed(exchange.client, key: key, error, isStaleKey: isStaleKey, on: &loop)
        case .attestation(let model, _):
            attestationFailed(model, error, retryAfter: nil, isPassing: true, on: &loop)
        case .catalogue:
            catalogueFailed(error, on: &loop)
        case .collateral(_, let platform, let fetch):
            collateralFailed(platform, in: fetch, error, on: &loop)
        case .gpuApproval(let model, let number):
            if verifications[model]?.number == number { nrasFailed(model, on: &loop) }
        case .gpuKeys: nrasKeysFailed(on: &loop)
        }
    }

    mutating func dropLink(_ link: Token, on loop: inout EventLoop<System>) {
        pool.remove(link)
        upstreams.remove(link)
        loop.close(link)
    }

    /// Whether the request that `id` names still waits for its answer.
    func isCurrent(_ id: ExchangeID) -> Bool {
        exchanges.contains(id.client) && exchanges[id.client].id == id
            && exchanges[id.client].isWaiting
    }
}
