/// What a PCK certificate says of its platform. Source: Intel SGX PCK Certificate and Certificate
/// Revocation List Profile Specification, section 1.3.5.
public struct IntelExtension: Sendable {
    static let identifier = "1.2.840.113741.1.13.1"

    public var ppid: [UInt8]
    /// Sixteen of them, each from 0 to 255 in a sound certificate.
    public var componentSVNs: [Int]
    public var pceSVN: Int
    public var pceID: [UInt8]
    public var fmspc: [UInt8]
    public var platformInstance: [UInt8]
    /// Last parts of the identifiers (`4`, `2.17`) of entries that are left out.
    public var missing: Set<String> = []
    /// Last parts of the identifiers of entries that occur twice.
    public var repeated: Set<String> = []

    var encoded: [UInt8] {
        sequence([
            ("1", DER.octetString(ppid)), ("2", tcb), ("3", DER.octetString(pceID)),
            ("4", DER.octetString(fmspc)), ("5", DER.enumerated(Self.scalableWithIntegrity)),
            ("6", DER.octetString(platformInstance)), ("7", configuration),
        ])
    }

    private static let scalableWithIntegrity: UInt8 = 2

    private var tcb: [UInt8] {
        var entries = componentSVNs.enumerated().map {
            ("2.\($0.offset + 1)", DER.integer($0.element))
        }
        entries.append(("2.17", DER.integer(pceSVN)))
        let cpuSVN = componentSVNs.map { UInt8(truncatingIfNeeded: $0) }
        entries.append(("2.18", DER.octetString(cpuSVN)))
        return sequence(entries)
    }

    /// Dynamic platform, cached keys, simultaneous multithreading.
    private var configuration: [UInt8] {
        sequence([
            ("7.1", DER.boolean(true)), ("7.2", DER.boolean(true)), ("7.3", DER.boolean(true)),
        ])
    }

    private func sequence(_ entries: [(suffix: String, value: [UInt8])]) -> [UInt8] {
        var parts: [[UInt8]] = []
        for (suffix, value) in entries where !missing.contains(suffix) {
            let name = DER.objectIdentifier("\(Self.identifier).\(suffix)")
            let entry = DER.sequence(name, value)
            parts += repeated.contains(suffix) ? [entry, entry] : [entry]
        }
        return DER.sequence(of: parts)
    }
}
