import Bytes
import HTTP

/// One request as it arrived.
public struct ReceivedRequest: Sendable {
    public struct Field: Sendable {
        public let name: String
        public let value: String
    }

    public let isGet: Bool
    public let isPost: Bool
    public let path: String
    public let query: String
    public let fields: [Field]
    /// The head's bytes.
    public let head: [UInt8]
    /// The content, without what framed it.
    public internal(set) var body: [UInt8] = []
    let keepsAlive: Bool

    /// - `bytes`: what holds the head, `byteCount` bytes of it.
    init(_ head: RequestHead, in bytes: Span<UInt8>, byteCount: Int) {
        isGet = head.method == .get
        isPost = head.method == .post
        path = bytes.extracting(head.path).text
        query = head.query.map { bytes.extracting($0).text } ?? ""
        self.head = bytes.extracting(0..<byteCount).array
        keepsAlive = head.keepsAlive
        var fields: [Field] = []
        for field in head.headers.fields {
            fields.append(
                Field(
                    name: bytes.extracting(field.name).text,
                    value: bytes.extracting(field.value).text))
        }
        self.fields = fields
    }

    /// The value of the first field of that name, whatever its case.
    public func field(_ name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The value of a query's parameter.
    public func parameter(_ name: String) -> String? {
        for part in query.split(separator: "&") where part.hasPrefix(name + "=") {
            let value = part.dropFirst(name.utf8.count + 1)
            let encoded = String(value)
            guard let bytes = PercentEncoding.decode(encoded.utf8Span.span) else { return nil }
            return bytes.span.text
        }
        return nil
    }
}
