import COpenSSL

/// Why a TLS connection could not be made or went wrong.
public enum TLSError: Error, Equatable, Sendable {
    /// The peer's certificate is out of date or not yet valid.
    case certificateExpired
    /// The certificate names another host.
    case wrongHost
    /// The certificate does not lead to a trusted root, or is otherwise unacceptable; `code` is
    /// OpenSSL's X509_V_ERR_* number.
    case untrustedCertificate(code: Int)
    /// The peer broke the protocol, or sent an alert.
    case protocolViolation
    /// The peer closed the connection without saying so (a cut, or an attack that looks like one).
    case cutOff
    /// A file of certificates or a key could not be read.
    case badMaterial(String)
    /// OpenSSL refused a setting, or is out of memory.
    case setUpFailed(String)

    static func certificate(_ code: Int) -> TLSError {
        switch CInt(code) {
        case X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID: .certificateExpired
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: .wrongHost
        default: .untrustedCertificate(code: code)
        }
    }
}
