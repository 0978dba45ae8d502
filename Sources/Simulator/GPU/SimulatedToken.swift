import Bytes

/// A token before it is signed: members to be spoiled one at a time. Source: RFC 7515, section 3.1.
public struct SimulatedToken: Sendable {
    public var algorithm = "ES384"
    public var keyIdentifier: String
    /// What follows the key's name in the header.
    public var headerTail = ""
    private var members: [(name: String, json: String)] = []

    public init(keyIdentifier: String) { self.keyIdentifier = keyIdentifier }

    /// The value of a claim as it is spelled; nil takes the claim out.
    public subscript(_ name: String) -> String? {
        get { members.first { $0.name == name }?.json }
        set {
            guard let newValue else { return members.removeAll { $0.name == name } }
            if let index = members.firstIndex(where: { $0.name == name }) {
                members[index].json = newValue
            } else {
                members.append((name, newValue))
            }
        }
    }

    /// header.claims
    public var content: String {
        let header =
            #"{"kid":"\#(keyIdentifier)","alg":"\#(algorithm)"\#(headerTail)}"#
        let claims = members.map { #""\#($0.name)":\#($0.json)"# }.joined(separator: ",")
        return Self.base64(Array(header.utf8)) + "." + Self.base64(Array("{\(claims)}".utf8))
    }

    public func signed(by key: ECKey) throws(SimulatorError) -> String {
        let content = content
        return content + "." + Self.base64(try key.rawSignature(over: Array(content.utf8)))
    }

    /// The URL alphabet without padding.
    public static func base64(_ bytes: [UInt8]) -> String {
        var text = Buffer()
        Base64.encode(bytes.span, to: &text)
        let characters = text.readable.text.compactMap { character -> Character? in
            switch character {
            case "+": "-"
            case "/": "_"
            case "=": nil
            default: character
            }
        }
        return String(characters)
    }
}
