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

    /// The kernel's words, without the call.
    public var reason: String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }

    public var description: String { "\(call): \(reason)" }

    public var isAddressInUse: Bool { code == EADDRINUSE }
    /// The address family or the address itself does not exist on this machine.
    public var isAddressMissing: Bool { code == EADDRNOTAVAIL || code == EAFNOSUPPORT }
    public var isFileMissing: Bool { code == ENOENT }
    public var isOutOfDescriptors: Bool { code == EMFILE || code == ENFILE }
    public var isConnectionRefused: Bool { code == ECONNREFUSED }
}
