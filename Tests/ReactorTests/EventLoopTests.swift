import Bytes
import Synchronization
import Testing

@testable import Reactor

/// Records what it hears, and echoes what it receives on accepted streams.
private struct Recorder: StreamHandler, ~Copyable {
    typealias System = EpollKernel
    var isRunning = true
    var events: [String] = []
    var received: [UInt8] = []
    var accepted: Token?
    var expectedByteCount = Int.max
    var stopsAtEnd = false

    mutating func accepted(
        _ stream: Token, by listener: Token, on loop: inout EventLoop<EpollKernel>
    ) {
        accepted = stream
        events.append("accepted")
    }
    mutating func connected(_ stream: Token, on loop: inout EventLoop<EpollKernel>) {
        events.append("connected")
    }
    mutating func received(
        _ wire: Span<UInt8>, on stream: Token, of loop: inout EventLoop<EpollKernel>
    ) {
        #expect(wire.count <= EventLoop<EpollKernel>.receiveByteCountMax)
        if stream == accepted {
            loop.write(on: stream) { $0.append(wire) }
        } else {
            received += wire.array
            if received.count >= expectedByteCount { isRunning = false }
        }
    }
    mutating func drained(_ stream: Token, on loop: inout EventLoop<EpollKernel>) {
        events.append("drained")
    }
    mutating func ended(_ stream: Token, on loop: inout EventLoop<EpollKernel>) {
        events.append("ended")
        if stopsAtEnd { isRunning = false } else { loop.finishSending(on: stream) }
    }
    mutating func failed(
        _ stream: Token, with error: SystemError, on loop: inout EventLoop<EpollKernel>
    ) {
        events.append("failed \(error.call)")
        isRunning = false
    }
    mutating func expired(_ token: Token, on loop: inout EventLoop<EpollKernel>) {
        events.append("expired")
        isRunning = false
    }
    mutating func resolved(
        _ addresses: [SocketAddress], for request: Token, on loop: inout EventLoop<EpollKernel>
    ) {
        events.append(addresses.contains(where: \.isLoopback) ? "resolved" : "unresolved")
        isRunning = false
    }
    mutating func finished(_ work: Token, on loop: inout EventLoop<EpollKernel>) {
        events.append("finished")
        if events.count == 3 { isRunning = false }
    }
    mutating func signalled(_ signal: Signal, on loop: inout EventLoop<EpollKernel>) {}
    mutating func turnEnded(on loop: inout EventLoop<EpollKernel>) {}
}

@Suite(.serialized) struct `The loop on epoll` {
    private func loopback(_ port: UInt16 = 0) -> SocketAddress {
        SocketAddress(literal: "127.0.0.1", port: port)!
    }

    @Test(arguments: [1, 1000, 3_000_000])
    func `what is written comes back, however long`(byteCount: Int) throws {
        var loop = EventLoop(try EpollKernel())
        var recorder = Recorder()
        recorder.expectedByteCount = byteCount
        let (_, bound) = try loop.listen(on: loopback())
        let client = try loop.connect(to: bound)
        let sent = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        loop.write(on: client) { $0.append(sent.span) }
        loop.reportDrained(client)
        loop.run(&recorder)
        #expect(recorder.received == sent)
        #expect(recorder.events.contains("connected"))
        #expect(recorder.events.contains("drained"))
    }

    @Test func `half-closing sends what was written, then reaches the peer as an end`() throws {
        var loop = EventLoop(try EpollKernel())
        var recorder = Recorder()
        let (_, bound) = try loop.listen(on: loopback())
        let client = try loop.connect(to: bound)
        loop.write(on: client) { $0.append("last words") }
        loop.finishSending(on: client)
        while recorder.events.filter({ $0 == "ended" }).count < 2 { loop.turn(&recorder) }
        #expect(String(decoding: recorder.received, as: UTF8.self) == "last words")
    }

    @Test func `a port that is taken is refused, and so is a connection nobody accepts`() throws {
        var loop = EventLoop(try EpollKernel())
        var recorder = Recorder()
        let (listener, bound) = try loop.listen(on: loopback())
        #expect(throws: SystemError.self) { try loop.listen(on: bound) }
        loop.close(listener)
        _ = try loop.connect(to: bound)
        loop.run(&recorder)
        #expect(recorder.events == ["failed connect"])
        #expect(loop.tokenCount == 0)
    }

    @Test func `a deadline moved later is kept, and one taken back is forgotten`() throws {
        var loop = EventLoop(try EpollKernel())
        var recorder = Recorder()
        let start = loop.now
        let moved = loop.makeTimer(at: start + .milliseconds(5))
        let forgotten = loop.makeTimer(at: start + .milliseconds(5))
        loop.setDeadline(start + .milliseconds(40), of: moved)
        loop.setDeadline(nil, of: forgotten)
        loop.run(&recorder)
        #expect(recorder.events == ["expired"])
        #expect(loop.now >= start + .milliseconds(40))
    }

    @Test
    func `work off the thread is done in order, and what is closed meanwhile is not reported`()
        throws
    {
        let done = Mutex<[Int]>([])
        var loop = EventLoop(try EpollKernel())
        var recorder = Recorder()
        for number in 1...4 {
            let token = loop.perform { done.withLock { $0.append(number) } }
            if number == 2 { loop.close(token) }
        }
        loop.run(&recorder)
        #expect(done.withLock { $0 } == [1, 2, 3, 4])
        #expect(recorder.events == ["finished", "finished", "finished"])
        #expect(loop.tokenCount == 0)
    }

    @Test func `a paused stream is not read until it is resumed`() throws {
        var loop = EventLoop(try EpollKernel())
        var recorder = Recorder()
        recorder.expectedByteCount = 4
        let (_, bound) = try loop.listen(on: loopback())
        let client = try loop.connect(to: bound)
        loop.write(on: client) { $0.append("ping") }
        loop.setReceiving(false, on: client)
        let timer = loop.makeTimer(at: loop.now + .milliseconds(30))
        loop.run(&recorder)
        #expect(recorder.received.isEmpty)
        loop.close(timer)
        recorder.isRunning = true
        loop.setReceiving(true, on: client)
        loop.run(&recorder)
        #expect(recorder.received == Array("ping".utf8))
    }

    @Test(arguments: [("localhost", "resolved"), ("no-such-name.invalid", "unresolved")])
    func `names are looked up off the loop`(host: String, outcome: String) throws {
        var loop = EventLoop(try EpollKernel())
        var recorder = Recorder()
        _ = loop.resolve(host, port: 80)
        loop.run(&recorder)
        #expect(recorder.events == [outcome])
        #expect(loop.tokenCount == 0)
    }
}
