import CLinux
import Glibc
import Synchronization

/// Looks names up on a thread of its own, so that a slow name server holds up nobody else.
/// Answers are announced on a descriptor the loop waits on.
final class NameResolver: Sendable {
    struct Question: Sendable {
        let host: String
        let port: UInt16
        let token: Token
    }

    struct Answer: Sendable {
        let token: Token
        /// Empty when the name could not be resolved.
        let addresses: [SocketAddress]
    }

    private struct State {
        var questions: [Question] = []
        var answers: [Answer] = []
    }

    private let state = Mutex(State())
    private let lookUp: @Sendable (String, UInt16) -> [SocketAddress]
    /// Counts what the thread has to look at.
    private let questionsWaiting: CInt
    /// Readable while answers wait for the loop.
    let descriptor: CInt

    /// - `lookUp`: how a name is looked up; it may block.
    init(
        lookUp: @escaping @Sendable (String, UInt16) -> [SocketAddress] = {
            NameResolver.askSystem($0, port: $1)
        }
    ) throws(SystemError) {
        self.lookUp = lookUp
        descriptor = eventfd(0, CInt(EFD_NONBLOCK | EFD_CLOEXEC))
        questionsWaiting = eventfd(0, CInt(EFD_CLOEXEC | EFD_SEMAPHORE))
        guard descriptor >= 0, questionsWaiting >= 0 else { throw .last("eventfd") }
        let waiting = questionsWaiting
        weak let resolver = self
        try OperatingThread.start {
            var count: UInt64 = 0
            // The resolver is held only while it answers: its owner decides how long it lives.
            while unsafe eventfd_read(waiting, &count) == 0 {
                guard let resolver else { break }
                resolver.answerOne()
            }
            close(waiting)
        }
    }

    deinit {
        close(descriptor)
        // The thread closes `questionsWaiting` itself: it may be waiting on it now.
        _ = eventfd_write(questionsWaiting, 1)
    }

    func ask(_ question: Question) {
        state.withLock { $0.questions.append(question) }
        _ = eventfd_write(questionsWaiting, 1)
    }

    func takeAnswers() -> [Answer] {
        var count: UInt64 = 0
        _ = unsafe eventfd_read(descriptor, &count)
        return state.withLock { state in
            defer { state.answers = [] }
            return state.answers
        }
    }

    /// Looks one name up. Whoever asked for it meanwhile gets the same answer: behind a slow name
    /// server questions would come faster than answers, and no connection be made in time.
    private func answerOne() {
        let question = state.withLock { state in
            state.questions.isEmpty ? nil : state.questions.removeFirst()
        }
        guard let question else { return }
        let addresses = lookUp(question.host, question.port)
        state.withLock { state in
            let isSame = { (other: Question) in
                other.host == question.host && other.port == question.port
            }
            let askers = [question] + state.questions.filter(isSame)
            state.questions.removeAll(where: isSame)
            state.answers += askers.map { Answer(token: $0.token, addresses: addresses) }
        }
        _ = eventfd_write(descriptor, 1)
    }

    private static func askSystem(_ host: String, port: UInt16) -> [SocketAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, String(port), &hints, &list) == 0 else { return [] }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            var storage = sockaddr_storage()
            if let address = unsafe entry.pointee.ai_addr {
                unsafe memcpy(&storage, address, Int(entry.pointee.ai_addrlen))
                if let address = SocketAddress(storage) { addresses.append(address) }
            }
            unsafe next = entry.pointee.ai_next
        }
        return addresses
    }
}
