public import E2EE
public import Reactor

/// Why the simulator could not be set up. None of this is a client's doing.
public enum SimulatorError: Error, CustomStringConvertible {
    /// OpenSSL refused a call, as it does when memory or entropy runs out.
    case engineFailed(StaticString)
    case system(SystemError)
    case tls(TLSError)
    case crypto(E2EEError)

    public var description: String {
        switch self {
        case .engineFailed(let call): "OpenSSL refused \(call)."
        case .system(let error): "The system refused a call: \(error)."
        case .tls(let error): "TLS could not be set up: \(error)."
        case .crypto(let error): "Keys could not be made: \(error)."
        }
    }
}
