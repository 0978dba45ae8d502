import CLinux
import Glibc

/// A name to be looked up, on a thread of its own, so that a slow name server holds up nobody else.
struct NameQuestion: Sendable {
    let host: String
    let port: UInt16
    let token: Token

    /// The addresses, best first; empty when the name cannot be resolved. Blocks.
    func askSystem() -> [SocketAddress] {
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

typealias NameResolver = Worker<NameQuestion, [SocketAddress]>

extension Worker where Task == NameQuestion, Outcome == [SocketAddress] {
    /// Whoever asks for a name while it is being looked up gets the same answer: behind a slow name
    /// server questions would come faster than answers, and no connection be made in time.
    convenience init(
        lookUp: @escaping @Sendable (NameQuestion) -> [SocketAddress] = { $0.askSystem() }
    ) throws(SystemError) {
        try self.init(isSame: { $0.host == $1.host && $0.port == $1.port }, perform: lookUp)
    }
}
