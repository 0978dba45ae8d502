import CLinux
import Glibc

/// A socket that accepts connections on one address, which it holds alone: a second process on the
/// same port fails, and an IPv6 socket does not take IPv4's port as well.
struct ListeningSocket: ~Copyable {
    let descriptor: Descriptor
    let bound: SocketAddress

    init(on address: SocketAddress, backlog: CInt) throws(SystemError) {
        let raw = socket(address.family == .v4 ? AF_INET : AF_INET6, CL_SOCK_FLAGS, 0)
        guard raw >= 0 else { throw .last("socket") }
        let descriptor = Descriptor(adopting: raw)
        try SocketOption.enable(SOL_SOCKET, SO_REUSEADDR, on: descriptor)
        if address.family == .v6 {
            try SocketOption.enable(CInt(IPPROTO_IPV6), IPV6_V6ONLY, on: descriptor)
        }
        let result = unsafe address.withSockaddr { unsafe bind(raw, $0, $1) }
        guard result == 0 else { throw .last("bind") }
        guard Glibc.listen(raw, backlog) == 0 else { throw .last("listen") }
        bound = try StreamSocket.localAddress(of: raw)
        self.descriptor = descriptor
    }
}

enum SocketOption {
    static func enable(
        _ level: CInt, _ option: CInt, on descriptor: borrowing Descriptor
    ) throws(SystemError) {
        var on: CInt = 1
        let size = socklen_t(MemoryLayout<CInt>.size)
        guard unsafe setsockopt(descriptor.raw, level, option, &on, size) == 0 else {
            throw .last("setsockopt")
        }
    }
}
