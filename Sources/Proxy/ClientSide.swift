import Bytes
import Logging
import Reactor

// What happens on clients' connections.

extension ProxyServer where System: ~Copyable {
    /// How long a client that has taken all of its answer may take to go away.
    private static var lingerTimeout: Duration { .seconds(2) }

    /// Answers a connection beyond the limit before it has asked anything, and ends it.
    mutating func turnAway(_ client: Token, on loop: inout EventLoop<System>) {
        var answer = ClientAnswer(requestID: ids.next())
        answer.keepsAlive = false
        loop.write(on: client) { answer.write(APIError.overloaded, to: &$0) }
        loop.finishSending(on: client)
        loop.setDeadline(loop.now + Self.lingerTimeout, of: client)
    }

    mutating func clientReceived(
        _ wire: Span<UInt8>, on client: Token, of loop: inout EventLoop<System>
    ) {
        if exchanges[client].isBetweenRequests {
            // From its first byte a head has this long, however slowly the rest trickles in.
            loop.setDeadline(loop.now + configuration.headerTimeout, of: client)
        }
        exchanges[client].received(wire)
        switch exchanges[client].phase {
        case .reading: readOn(client, on: &loop)
        case .readingBody:
            // A body that drips in is none: time is given for progress, not for bytes.
            if exchanges[client].hasProgressed(by: wire.count) {
                loop.setDeadline(loop.now + configuration.bodyTimeout, of: client)
            }
            readOn(client, on: &loop)
            if isOutOfMemory { giveUpReading(client, on: &loop) }
        case .lingering: return
        case .awaitingCatalogue, .awaitingKey, .awaitingAnswer:
            if exchanges[client].waitingByteCount > Self.waitingByteCountMax {
                loop.setReceiving(false, on: client)
            }
        }
    }

    /// Reads requests until one has to wait for its answer, or until the client has to take the
    /// answers it got.
    mutating func readOn(_ client: Token, on loop: inout EventLoop<System>) {
        while exchanges.contains(client),
            exchanges[client].phase == .reading || exchanges[client].phase == .readingBody
        {
            guard loop.pendingByteCount(of: client) <= Self.outboxByteCountMax else {
                loop.setReceiving(false, on: client)
                loop.reportDrained(client)
                return loop.setDeadline(loop.now + configuration.idleTimeout, of: client)
            }
            switch exchanges[client].next(surface, ids: &ids) {
            case .needsMore: return
            case .began(let isAwaited):
                exchanges[client].startedAt = loop.now
                loop.setDeadline(loop.now + configuration.bodyTimeout, of: client)
                if isAwaited {
                    loop.write(on: client) { $0.append("HTTP/1.1 100 Continue\r\n\r\n") }
                }
            case .preflight(let allow):
                let answer = exchanges[client].answer
                loop.write(on: client) { answer.writePreflight(allow: allow, to: &$0) }
                finishAnswer(client, on: &loop)
            case .refused(let error, let allow):
                let answer = exchanges[client].answer
                loop.write(on: client) { answer.write(error, allow: allow, to: &$0) }
                report(client, outcome: error.code, on: &loop)
                finishAnswer(client, on: &loop)
            case .complete:
                loop.setDeadline(nil, of: client)
                serve(client, on: &loop)
            }
        }
    }

    /// Whether requests and answers under way hold all the memory they may.
    var isOutOfMemory: Bool { Buffer.heldByteCount > configuration.bufferedByteCountMax }

    /// A body for which there is no memory left is not read to its end.
    private mutating func giveUpReading(_ client: Token, on loop: inout EventLoop<System>) {
        guard exchanges.contains(client), exchanges[client].phase == .readingBody else { return }
        exchanges[client].abandon(ids: &ids)
        fail(client, with: .overloaded, on: &loop)
    }

    private mutating func serve(_ client: Token, on loop: inout EventLoop<System>) {
        guard !isDraining else { return fail(client, with: .drained, on: &loop) }
        switch exchanges[client].route {
        case .health:
            let answer = exchanges[client].answer
            loop.write(on: client) { answer.write(json: Self.healthy.utf8Span.span, to: &$0) }
            finishAnswer(client, on: &loop)
        case .models, .model, .ready, .verification: proceed(client, on: &loop)
        case .chatCompletions
        where waitingCount >= configuration.requestCountMax || isOutOfMemory:
            fail(client, with: .overloaded, on: &loop)
        case .chatCompletions:
            exchanges[client].startWaiting()
            waitingCount += 1
            do throws(APIError) {
                try exchanges[client].readRequest()
                proceed(client, on: &loop)
            } catch {
                fail(client, with: error, on: &loop)
            }
        case nil: preconditionFailure("a complete request without a route")
        }
    }

    private static var healthy: String { #"{"status":"ok","version":"\#(Version.current)"}"# }

    /// Answers with an error: as a status before the answer began, as a last event after.
    mutating func fail(
        _ client: Token, with error: APIError, on loop: inout EventLoop<System>
    ) {
        let answer = exchanges[client].answer
        if exchanges[client].isCommitted {
            loop.write(on: client) { outbox in
                let event = answer.beginEvent(to: &outbox)
                error.writeJSON(to: &outbox)
                answer.end(event, to: &outbox)
            }
            exchanges[client].cut()
        } else {
            loop.write(on: client) { answer.write(error, to: &$0) }
        }
        report(client, outcome: error.code, on: &loop)
        finishAnswer(client, on: &loop)
    }

    /// The answer is written: reads the next request, or lets the connection end.
    mutating func finishAnswer(_ client: Token, on loop: inout EventLoop<System>) {
        stopWork(for: client, on: &loop)
        loop.setReceiving(true, on: client)
        guard exchanges[client].answer.keepsAlive, !isDraining else {
            return endConnection(of: client, on: &loop)
        }
        exchanges[client].reset()
        loop.setDeadline(loop.now + configuration.keepAliveTimeout, of: client)
    }

    /// Lets the connection end once the client has taken all of its answer, for which it has as
    /// long as for any other part of one.
    mutating func endConnection(of client: Token, on loop: inout EventLoop<System>) {
        exchanges[client].linger()
        loop.finishSending(on: client)
        loop.reportDrained(client)
        loop.setDeadline(loop.now + configuration.idleTimeout, of: client)
    }

    /// The client has sent its last byte: it has read all it wants, or has gone.
    mutating func clientEnded(_ client: Token, on loop: inout EventLoop<System>) {
        // Answers to requests before this one may still be on their way out.
        dropExchange(client, on: &loop, closes: false)
        loop.setDeadline(loop.now + configuration.idleTimeout, of: client)
        loop.closeWhenDrained(client)
    }

    mutating func clientDrained(_ client: Token, on loop: inout EventLoop<System>) {
        switch exchanges[client].phase {
        case .awaitingAnswer: goOn(client, on: &loop)
        case .reading:
            let isBetweenRequests = exchanges[client].isBetweenRequests
            let patience =
                isBetweenRequests ? configuration.keepAliveTimeout : configuration.headerTimeout
            loop.setDeadline(loop.now + patience, of: client)
            loop.setReceiving(true, on: client)
            readOn(client, on: &loop)
        case .readingBody:
            loop.setDeadline(loop.now + configuration.bodyTimeout, of: client)
            loop.setReceiving(true, on: client)
            readOn(client, on: &loop)
        case .lingering: loop.setDeadline(loop.now + Self.lingerTimeout, of: client)
        case .awaitingCatalogue, .awaitingKey: return
        }
    }

    /// The client has taken what it was sent: its answer goes on.
    private mutating func goOn(_ client: Token, on loop: inout EventLoop<System>) {
        loop.setDeadline(nil, of: client)
        for link in exchanges[client].attempts where upstreams.contains(link) {
            guard upstreams[link].isPaused else { continue }
            upstreams[link].isPaused = false
            loop.setReceiving(true, on: link)
            loop.setDeadline(loop.now + configuration.idleTimeout, of: link)
        }
    }

    mutating func clientExpired(_ client: Token, on loop: inout EventLoop<System>) {
        let exchangePhase = exchanges[client].phase
        let isWaitingForRequest = exchangePhase == .reading || exchangePhase == .readingBody
        // Who does not take what it was answered is not waited for, whatever it sends.
        guard isWaitingForRequest, !exchanges[client].isBetweenRequests,
            loop.pendingByteCount(of: client) == 0
        else {
            return dropExchange(client, on: &loop)
        }
        exchanges[client].abandon(ids: &ids)
        let timeout = APIError(
            408, .invalidRequest, "request_timeout", "The request did not arrive in time.")
        fail(client, with: timeout, on: &loop)
    }

    /// The client is gone: what was done for it ends at once.
    mutating func dropExchange(
        _ client: Token, on loop: inout EventLoop<System>, closes: Bool = true
    ) {
        if exchanges[client].isWaiting { report(client, outcome: "cancelled", on: &loop) }
        stopWork(for: client, on: &loop)
        exchanges.remove(client)
        // The last one may go while outboxes are sent, when the turn has ended already.
        endWhenDrained()
        if closes { loop.close(client) }
    }

    /// Nobody waits for this request's answer any more.
    private mutating func stopWork(for client: Token, on loop: inout EventLoop<System>) {
        if exchanges[client].stopWaiting() { waitingCount -= 1 }
        dropAttempts(of: client, on: &loop)
    }

    mutating func dropAttempts(of client: Token, on loop: inout EventLoop<System>) {
        let attempts = exchanges[client].attempts
        exchanges[client].attempts = []
        for link in attempts { dropLink(link, on: &loop) }
    }

    /// One line a request: what happened, never what was said.
    mutating func report(
        _ client: Token, outcome: String, on loop: inout EventLoop<System>
    ) {
        let level: Logger.Level = outcome == "ok" ? .info : .notice
        let duration = (loop.now - exchanges[client].startedAt).milliseconds
        var metadata: Logger.Metadata = [
            "id": "\(exchanges[client].answer.requestID)",
            "outcome": "\(outcome)",
            "model": "\(exchanges[client].knownModel ?? "-")",
            "chunks": "\(exchanges[client].chunkCount)",
            "dropped": "\(exchanges[client].request?.droppedCount ?? 0)",
            "ms": "\(duration)",
        ]
        if exchanges[client].request?.clear != nil {
            metadata["sealed"] = "no: the provider's front end can read it"
        }
        log.log(level: level, "request", metadata: metadata)
    }
}
