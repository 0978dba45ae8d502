/// What a PCK certificate says of its platform. Source: Intel SGX PCK Certificate and Certificate
/// Revocation List Profile Specification, section 1.3.5.
struct IntelExtension: Sendable {
    static let identifier = "1.2.840.113741.1.13.1"

    var ppid: [UInt8]
    /// Sixteen of them.
    var componentSVNs: [UInt8]
    var pceSVN: Int
    var pceID: [UInt8]
    var fmspc: [UInt8]
    var platformInstance: [UInt8]

    var encoded: [UInt8] {
        DER.sequence(
            Self.entry("1", DER.octetString(ppid)),
            Self.entry("2", tcb),
            Self.entry("3", DER.octetString(pceID)),
            Self.entry("4", DER.octetString(fmspc)),
            Self.entry("5", DER.enumerated(Self.scalableWithIntegrity)),
            Self.entry("6", DER.octetString(platformInstance)),
            Self.entry("7", configuration))
    }

    private static let scalableWithIntegrity: UInt8 = 2

    private var tcb: [UInt8] {
        var parts = componentSVNs.enumerated().map {
            Self.entry("2.\($0.offset + 1)", DER.integer(Int($0.element)))
        }
        parts.append(Self.entry("2.17", DER.integer(pceSVN)))
        parts.append(Self.entry("2.18", DER.octetString(componentSVNs)))
        return DER.sequence(of: parts)
    }

    /// Dynamic platform, cached keys, simultaneous multithreading.
    private var configuration: [UInt8] {
        DER.sequence(
            Self.entry("7.1", DER.boolean(true)), Self.entry("7.2", DER.boolean(true)),
            Self.entry("7.3", DER.boolean(true)))
    }

    private static func entry(_ suffix: String, _ value: [UInt8]) -> [UInt8] {
        DER.sequence(DER.objectIdentifier("\(identifier).\(suffix)"), value)
    }
}
