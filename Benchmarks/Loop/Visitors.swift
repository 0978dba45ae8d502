import Bytes
import Reactor

/// Clients of the proxy: paced streams that begin one after the other, and later one question to
/// each model whose enclave was not verified yet.
struct Visitors: StreamHandler, ~Copyable {
    typealias System = EpollKernel

    /// One stream leaves the verifications' own turns alone.
    static let streamCount = CommandLine.arguments.contains("--one") ? 1 : 100
    private static let others = ["e2ee-demo-echo", "e2ee-demo-reasoning", "e2ee-demo-vision"]

    enum Phase: String { case beginning, alone = "streams alone", verifying = "verifying beside" }

    private let proxy: SocketAddress
    private let times: TurnTimes
    private var phase = Phase.beginning
    private var requests: [(token: Token, text: String)] = []
    private var timer = Token.none
    private var startedCount = 0
    /// Questions that were answered with what a full verification allows.
    private(set) var answeredCount = 0
    private(set) var isRunning = true

    init(of proxy: SocketAddress, _ times: TurnTimes) {
        self.proxy = proxy
        self.times = times
    }

    mutating func begin(on loop: inout EventLoop<EpollKernel>) {
        timer = loop.makeTimer(at: loop.now)
    }

    mutating func expired(_ token: Token, on loop: inout EventLoop<EpollKernel>) {
        switch phase {
        case .beginning where startedCount < Self.streamCount:
            ask("e2ee-demo-lorem", "rate=10 chunks=200", isStreaming: true, on: &loop)
            startedCount += 1
            loop.setDeadline(loop.now + .milliseconds(20), of: timer)
        case .beginning: enter(.alone, for: .seconds(4), on: &loop)
        case .alone:
            report()
            for model in Self.others { ask(model, "hello", isStreaming: false, on: &loop) }
            enter(.verifying, for: .seconds(4), on: &loop)
        case .verifying:
            report()
            isRunning = false
        }
    }

    private mutating func enter(
        _ next: Phase, for duration: Duration, on loop: inout EventLoop<EpollKernel>
    ) {
        phase = next
        _ = times.take()
        loop.setDeadline(loop.now + duration, of: timer)
    }

    private func report() {
        let turns = times.take()
        guard let longest = turns.last else { return }
        let typical = turns[turns.count * 99 / 100]
        print(
            "\(phase.rawValue): \(turns.count) turns, 99 % at most \(typical / 1000) µs,",
            "longest \(longest / 1000) µs of CPU")
    }

    private mutating func ask(
        _ model: String, _ text: String, isStreaming: Bool,
        on loop: inout EventLoop<EpollKernel>
    ) {
        let body =
            #"{"model":"\#(model)","stream":\#(isStreaming),"#
            + #""messages":[{"role":"user","content":"\#(text)"}]}"#
        let head =
            "POST /v1/chat/completions HTTP/1.1\r\nHost: \(proxy)\r\n"
            + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        guard let token = try? loop.connect(to: proxy) else { return }
        requests.append((token, head + body))
    }

    mutating func connected(_ stream: Token, on loop: inout EventLoop<EpollKernel>) {
        guard let index = requests.firstIndex(where: { $0.token == stream }) else { return }
        let text = requests.remove(at: index).text
        loop.write(on: stream) { $0.append(text) }
    }

    mutating func received(
        _ wire: Span<UInt8>, on stream: Token, of loop: inout EventLoop<EpollKernel>
    ) {
        if wire.firstRange(of: "x-e2ee-verification: full") != nil { answeredCount += 1 }
    }

    mutating func accepted(
        _ stream: Token, by listener: Token, on loop: inout EventLoop<EpollKernel>
    ) {}
    mutating func drained(_ stream: Token, on loop: inout EventLoop<EpollKernel>) {}
    mutating func ended(_ stream: Token, on loop: inout EventLoop<EpollKernel>) {}
    mutating func failed(
        _ stream: Token, with error: SystemError, on loop: inout EventLoop<EpollKernel>
    ) {}
    mutating func resolved(
        _ addresses: [SocketAddress], for request: Token, on loop: inout EventLoop<EpollKernel>
    ) {}
    mutating func finished(_ work: Token, on loop: inout EventLoop<EpollKernel>) {}
    mutating func signalled(_ signal: Signal, on loop: inout EventLoop<EpollKernel>) {}
    mutating func turnEnded(on loop: inout EventLoop<EpollKernel>) {}
}
