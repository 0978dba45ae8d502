import CLinux
import Glibc

/// A system call that failed: which, and the kernel's reason.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    public let call: String
    public let code: CInt

    public init(_ call: String, code: CInt) {
        self.call = call
        self.code = code
    }

    /// The call that has just failed on this thread.
    static func last(_ call: String) -> SystemError { SystemError(call, code: errno) }

    public var description: String {
        guard let text = unsafe strerror(code) else { return "\(call): error \(code)" }
        return unsafe "\(call): \(String(cString: text))"
    }

    public var isAddressInUse: Bool { code == EADDRINUSE }
    /// The address family or the address itself does not exist on this machine.
    public var isAddressMissing: Bool { code == EADDRNOTAVAIL || code == EAFNOSUPPORT }
    public var isOutOfDescriptors: Bool { code == EMFILE || code == ENFILE }
    public var isConnectionRefused: Bool { code == ECONNREFUSED }
}
