/// Software that no pin allows: what was seen, and what would have been allowed.
public struct PinMismatch: Equatable, Sendable, CustomStringConvertible {
    public enum Subject: String, Sendable {
        case baseImage = "base image"
        case keyProvider = "key provider"
        case kmsRoot = "KMS root"
        case app = "app"
        case compose = "compose hash"
    }

    /// One value of it.
    public struct Difference: Equatable, Sendable {
        public struct Expected: Equatable, Sendable {
            public let name: String
            public let value: String
        }

        public let field: String
        /// In hexadecimal, as all values.
        public let seen: String
        /// Every pin's value, also the equal ones: of another image the kernel may be the same.
        public let expected: [Expected]
    }

    public let subject: Subject
    public let differences: [Difference]
    /// Whether the evidence was refused for it.
    public let isRefused: Bool

    public var description: String {
        var text = "\(subject.rawValue): not pinned"
        for difference in differences {
            text += "\n  \(difference.field) is \(difference.seen.printable)"
            for expected in difference.expected {
                let sign = expected.value == difference.seen ? "=" : "≠"
                text += "\n    \(sign) \(expected.value) (\(expected.name))"
            }
        }
        return text
    }
}

extension String {
    /// Without what a terminal would take for a command: somebody else chose these characters.
    fileprivate var printable: String {
        var text = ""
        for scalar in unicodeScalars {
            let isControl = scalar.value < 0x20 || 0x7F...0x9F ~= scalar.value
            text.unicodeScalars.append(isControl ? "?" : scalar)
        }
        return text
    }
}
