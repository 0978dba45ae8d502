/// A certificate that a simulated authority issued.
public struct Certificate: Sendable {
    public let der: [UInt8]
    /// The encoded subject, which is the issuer of what this certificate's key signs.
    let subject: [UInt8]
    /// Also the key's identifier.
    public let serial: [UInt8]

    public var pem: String { PEM.text("CERTIFICATE", der) }
}
