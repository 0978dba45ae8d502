import Bytes
public import E2EE
import HTTP
public import Reactor

/// The simulated provider on a loop: HTTP/1.1 over TLS. It answers whoever connects to a listener
/// of its loop, and paces its answers with the loop's timers alone.
public struct SimulatorServer<System: Kernel & ~Copyable, Source: Entropy>: StreamHandler, ~Copyable
{
    /// Above this many unsent bytes a reply waits for the client to read.
    private static var outboxByteCountMax: Int { 256 * 1024 }

    private let tls: TLSContext
    private let stop: StopFlag
    private let recording: Recording?
    private var provider: SimulatedProvider<Source>
    private var visitors = SideTable<Visitor>()
    private var replyCount = 0

    public private(set) var isRunning = true

    /// - `pki`: what evidence is signed under.
    /// - `tls`: the server's role.
    public init(
        under pki: TEEPKI, collateral: SimulatedCollateral, gpus: SimulatedGPUHost, tls: TLSContext,
        allowsMisbehaviour: Bool, entropy: Source,
        recording: Recording?, stop: StopFlag
    ) throws(SimulatorError) {
        self.tls = tls
        self.stop = stop
        self.recording = recording
        provider = try SimulatedProvider(
            under: pki, collateral: collateral, gpus: gpus, allowsMisbehaviour: allowsMisbehaviour,
            entropy: entropy,
            recording: recording)
    }

    // MARK: What the loop tells

    public mutating func accepted(
        _ stream: Token, by listener: Token, on loop: inout EventLoop<System>
    ) {
        recording?.noteConnection()
        do throws(TLSError) {
            visitors.insert(try Visitor(in: tls), at: stream)
        } catch {
            loop.close(stream)
        }
    }

    public mutating func connected(_ stream: Token, on loop: inout EventLoop<System>) {}

    public mutating func received(
        _ wire: Span<UInt8>, on stream: Token, of loop: inout EventLoop<System>
    ) {
        guard visitors.contains(stream) else { return }
        do throws(TLSError) {
            try loop.write(on: stream) { (outbox) throws(TLSError) in
                try visitors[stream].open(wire, to: &outbox)
            }
        } catch {
            // What the protocol says of the error stands in the outbox.
            return drop(stream, on: &loop)
        }
        guard !visitors[stream].isEnded else { return drop(stream, on: &loop) }
        if visitors[stream].phase == .reading { readOn(stream, on: &loop) }
    }

    public mutating func drained(_ stream: Token, on loop: inout EventLoop<System>) {
        carryOn(stream, on: &loop)
    }

    public mutating func ended(_ stream: Token, on loop: inout EventLoop<System>) {
        drop(stream, on: &loop)
    }

    public mutating func failed(
        _ stream: Token, with error: SystemError, on loop: inout EventLoop<System>
    ) {
        visitors.remove(stream)
    }

    public mutating func expired(_ token: Token, on loop: inout EventLoop<System>) {
        carryOn(token, on: &loop)
    }

    public mutating func finished(_ work: Token, on loop: inout EventLoop<System>) {}

    public mutating func resolved(
        _ addresses: [SocketAddress], for request: Token, on loop: inout EventLoop<System>
    ) {}

    public mutating func signalled(_ signal: Signal, on loop: inout EventLoop<System>) {}

    public mutating func turnEnded(on loop: inout EventLoop<System>) {
        if stop.isSet { isRunning = false }
    }
}

// MARK: Requests and replies

extension SimulatorServer where System: ~Copyable {
    /// Reads requests until one needs time for its answer.
    private mutating func readOn(_ visitor: Token, on loop: inout EventLoop<System>) {
        while visitors.contains(visitor), visitors[visitor].phase == .reading {
            do throws(HTTPError) {
                switch try visitors[visitor].advance() {
                case .needsMore: return
                case .awaitsContinue: sendContinue(to: visitor, on: &loop)
                case .request(let request):
                    let reply = provider.answer(request, now: loop.wallClock)
                    begin(reply, on: visitor, of: &loop)
                }
            } catch {
                var reply = Reply.failure(status: 400)
                reply.steps.append(.close)
                begin(reply, on: visitor, of: &loop)
            }
        }
    }

    private mutating func begin(
        _ reply: consuming Reply, on visitor: Token, of loop: inout EventLoop<System>
    ) {
        replyCount += 1
        visitors[visitor].begin(reply, id: "chatcmpl-simulated-\(replyCount)")
        carryOn(visitor, on: &loop)
    }

    /// Carries out steps of the reply until it has to wait.
    private mutating func carryOn(_ visitor: Token, on loop: inout EventLoop<System>) {
        while visitors.contains(visitor), case .answering = visitors[visitor].phase {
            guard loop.pendingByteCount(of: visitor) <= Self.outboxByteCountMax else {
                return loop.reportDrained(visitor)
            }
            guard let step = visitors[visitor].nextStep() else {
                return endReply(on: visitor, of: &loop)
            }
            do throws(SimulatorError) {
                try loop.write(on: visitor) { (outbox) throws(SimulatorError) in
                    try visitors[visitor].send(step, entropy: &provider.entropy, to: &outbox)
                }
            } catch {
                return drop(visitor, on: &loop)
            }
            switch step {
            case .pause(let milliseconds): return pause(visitor, milliseconds, on: &loop)
            case .stall: visitors[visitor].phase = .stalled
            case .cut: drop(visitor, on: &loop)
            case .close: farewell(visitor, on: &loop)
            default: continue
            }
        }
    }

    private mutating func pause(
        _ visitor: Token, _ milliseconds: Int, on loop: inout EventLoop<System>
    ) {
        let end = (visitors[visitor].pacedAt ?? loop.now) + .milliseconds(milliseconds)
        visitors[visitor].pacedAt = end
        loop.setDeadline(end, of: visitor)
    }

    private mutating func endReply(on visitor: Token, of loop: inout EventLoop<System>) {
        visitors[visitor].endReply()
        guard visitors[visitor].keepsAlive else { return farewell(visitor, on: &loop) }
        readOn(visitor, on: &loop)
    }

    private mutating func sendContinue(to visitor: Token, on loop: inout EventLoop<System>) {
        do throws(SimulatorError) {
            try loop.write(on: visitor) { (outbox) throws(SimulatorError) in
                try visitors[visitor].sendContinue(to: &outbox)
            }
        } catch {
            drop(visitor, on: &loop)
        }
    }

    private mutating func farewell(_ visitor: Token, on loop: inout EventLoop<System>) {
        loop.write(on: visitor) { visitors[visitor].finish(to: &$0) }
        drop(visitor, on: &loop)
    }

    /// Forgets the client; what was written still leaves.
    private mutating func drop(_ visitor: Token, on loop: inout EventLoop<System>) {
        visitors.remove(visitor)
        loop.setDeadline(nil, of: visitor)
        loop.closeWhenDrained(visitor)
    }
}
