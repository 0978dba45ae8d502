import CLinux
import Glibc

/// A connected or connecting TCP socket.
enum StreamSocket {
    /// A socket on its way to `address`.
    static func connecting(to address: SocketAddress) throws(SystemError) -> Descriptor {
        let raw = socket(address.family == .v4 ? AF_INET : AF_INET6, CL_SOCK_FLAGS, 0)
        guard raw >= 0 else { throw .last("socket") }
        let descriptor = Descriptor(adopting: raw)
        sendAtOnce(descriptor)
        let result = unsafe address.withSockaddr { unsafe Glibc.connect(raw, $0, $1) }
        guard result == 0 || errno == EINPROGRESS else { throw .last("connect") }
        return descriptor
    }

    /// Small writes leave without waiting for the peer's acknowledgement. (On a socket that has
    /// just been made this cannot fail; if it did, only latency would suffer.)
    static func sendAtOnce(_ descriptor: borrowing Descriptor) {
        try? SocketOption.enable(CInt(IPPROTO_TCP), TCP_NODELAY, on: descriptor)
    }

    /// The error the kernel holds for a socket, taken off it; 0 for none.
    static func pendingError(of descriptor: CInt) -> CInt {
        var code: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else {
            return errno
        }
        return code
    }

    static func localAddress(of descriptor: CInt) throws(SystemError) -> SocketAddress {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe getsockname(descriptor, pointer, &size)
            }
        }
        guard result == 0, let address = SocketAddress(storage) else { throw .last("getsockname") }
        return address
    }
}
