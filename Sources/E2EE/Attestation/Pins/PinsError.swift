/// Why a text is no list of pins.
public enum PinsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Which of a text's lists.
    public enum List: String, Sendable, CaseIterable {
        case baseImages = "base_images"
        case kmsRoots = "kms_roots"
        case apps = "apps"
        case composes = "compose_hashes"
    }

    case tooLarge(byteCountMax: Int)
    case notJSON
    /// No object with the member `"e2ee_proxy_pins":1`.
    case notPins
    /// A member that no such text has, which is likely a list's name misspelled.
    case unknownMember
    /// What should be a list is none, or has too many entries.
    case badList(List)
    /// An entry lacks a member, has one of the wrong form, or one that no such entry has.
    case badEntry(List, index: Int)

    public var description: String {
        switch self {
        case .tooLarge(let countMax): "The pins have more than \(countMax) bytes."
        case .notJSON: "The pins are not valid JSON."
        case .notPins: #"The pins are no JSON object with "e2ee_proxy_pins":1."#
        case .unknownMember: "The pins have a member that is not known."
        case .badList(let list): "\(list.rawValue) is not a list of pins."
        case .badEntry(let list, let index): "Entry \(index) of \(list.rawValue) is not a pin."
        }
    }
}
