import Dispatch
import Glibc
import Synchronization
import Testing

@testable import Reactor

@Suite struct `Name look-ups` {
    @Test func `questions about one name share its look-up`() throws {
        let began = DispatchSemaphore(value: 0)
        let gate = DispatchSemaphore(value: 0)
        let asked = Asked()
        let resolver = try NameResolver { question in
            asked.hosts.withLock { $0.append(question.host) }
            began.signal()
            gate.wait()
            return [SocketAddress(literal: "127.0.0.1", port: question.port)!]
        }
        func ask(_ host: String, _ number: UInt32) {
            let token = Token(slot: 0, generation: number)
            resolver.add(NameQuestion(host: host, port: 9, token: token))
        }
        ask("slow", 1)
        began.wait()
        for number: UInt32 in 2...4 { ask("slow", number) }
        ask("other", 5)
        for _ in 0..<5 { gate.signal() }
        var answered: [UInt32] = []
        while answered.count < 5 {
            var waiting = pollfd(fd: resolver.descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&waiting, 1, 10_000) == 1 else { break }
            answered += resolver.takeDone().map(\.task.token.generation)
        }
        #expect(answered == [1, 2, 3, 4, 5])
        #expect(asked.hosts.withLock { $0 } == ["slow", "other"])
    }

    private final class Asked: Sendable {
        let hosts = Mutex<[String]>([])
    }
}
