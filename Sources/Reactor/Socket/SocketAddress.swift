import CLinux
import Glibc

/// An IPv4 or IPv6 address with a port.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    public enum Family: Hashable, Sendable { case v4, v6 }
    public let family: Family
    /// The address in network order: 4 or 16 bytes.
    public let bytes: [UInt8]
    public var port: UInt16
    private let scope: UInt32

    init(family: Family, bytes: [UInt8], port: UInt16, scope: UInt32 = 0) {
        self.family = family
        self.bytes = bytes
        self.port = port
        self.scope = scope
    }

    /// An address literal: `127.0.0.1`, `::1`, also `[::1]`. Nil for anything else; no name is
    /// looked up.
    public init?(literal: String, port: UInt16) {
        let isBracketed = literal.hasPrefix("[") && literal.hasSuffix("]")
        let text = isBracketed ? String(literal.dropFirst().dropLast()) : literal
        var v4 = in_addr()
        var v6 = in6_addr()
        if unsafe !isBracketed && inet_pton(AF_INET, text, &v4) == 1 {
            self.init(family: .v4, bytes: Self.bytes(of: &v4), port: port)
        } else if unsafe inet_pton(AF_INET6, text, &v6) == 1 {
            self.init(family: .v6, bytes: Self.bytes(of: &v6), port: port)
        } else {
            return nil
        }
    }

    init?(_ storage: sockaddr_storage) {
        var storage = storage
        switch CInt(storage.ss_family) {
        case AF_INET:
            var address = unsafe withUnsafeBytes(of: &storage) {
                unsafe $0.load(as: sockaddr_in.self)
            }
            self.init(
                family: .v4, bytes: Self.bytes(of: &address.sin_addr),
                port: UInt16(bigEndian: address.sin_port))
        case AF_INET6:
            var address = unsafe withUnsafeBytes(of: &storage) {
                unsafe $0.load(as: sockaddr_in6.self)
            }
            self.init(
                family: .v6, bytes: Self.bytes(of: &address.sin6_addr),
                port: UInt16(bigEndian: address.sin6_port), scope: address.sin6_scope_id)
        default:
            return nil
        }
    }

    private static func bytes<T>(of value: inout T) -> [UInt8] {
        unsafe withUnsafeBytes(of: &value) { unsafe Array($0) }
    }

    /// 127.0.0.0/8 or ::1: no packet leaves the machine.
    public var isLoopback: Bool {
        switch family {
        case .v4: bytes[0] == 127
        case .v6: bytes == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
        }
    }

    /// The address as it stands in a URL, an IPv6 one in brackets.
    public var host: String {
        switch family {
        case .v4: return bytes.map { String($0) }.joined(separator: ".")
        case .v6:
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            var address = bytes
            unsafe inet_ntop(AF_INET6, &address, &text, socklen_t(text.count))
            let digits = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            return "[\(String(decoding: digits, as: UTF8.self))]"
        }
    }

    public var description: String { "\(host):\(port)" }

    /// Lends the address as the kernel reads it.
    func withSockaddr<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var storage = sockaddr_storage()
        let length: Int
        switch family {
        case .v4:
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            unsafe withUnsafeMutableBytes(of: &address.sin_addr) {
                unsafe $0.copyBytes(from: bytes)
            }
            unsafe withUnsafeMutableBytes(of: &storage) { storage in
                unsafe storage.storeBytes(of: address, as: sockaddr_in.self)
            }
            length = MemoryLayout<sockaddr_in>.size
        case .v6:
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_scope_id = scope
            unsafe withUnsafeMutableBytes(of: &address.sin6_addr) {
                unsafe $0.copyBytes(from: bytes)
            }
            unsafe withUnsafeMutableBytes(of: &storage) { storage in
                unsafe storage.storeBytes(of: address, as: sockaddr_in6.self)
            }
            length = MemoryLayout<sockaddr_in6>.size
        }
        return unsafe withUnsafePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe body(pointer, socklen_t(length))
            }
        }
    }
}
