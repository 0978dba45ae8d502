import Bytes
import E2EE

/// A chat request as it reads inside the enclave.
struct OpenedChat: Sendable {
    struct Message: Sendable {
        var role: String
        /// The texts of all parts, in their order.
        var text = ""
        var imageCount = 0
    }

    private(set) var messages: [Message] = []
    /// Every text that was sealed, in its order.
    private(set) var plaintexts: [[UInt8]] = []

    var lastUserMessage: Message { messages.last { $0.role == "user" } ?? Message(role: "user") }

    /// Words of all messages, which stand for tokens.
    var promptTokenCount: Int {
        messages.reduce(0) { $0 + 4 + $1.text.utf8.split(separator: .space).count }
    }

    /// - `body`: the whole request.
    /// - `key`: opens the texts; nil where they stand in clear.
    /// - Throws: `.notJSON`, `.streamingRequired`, `.decryptionFailed`.
    init(_ body: [UInt8], with key: borrowing PrivateKey) throws(ChatRefusal) {
        let list = try Self.messages(of: body)
        let bytes = body.span
        var cursor = JSONCursor(at: list.range.lowerBound)
        do throws(JSONError) { try cursor.beginArray(in: bytes) } catch { throw .notJSON }
        while let hasNext = try? cursor.nextElement(in: bytes), hasNext {
            guard let message = try? cursor.value(in: bytes) else { throw .notJSON }
            try take(message, in: bytes, with: key)
        }
    }

    /// A request to a model without an enclave.
    init(clear body: [UInt8]) throws(ChatRefusal) {
        let bytes = body.span
        try Self.messages(of: body).forEachElement(in: bytes) { element in
            var message = Message(role: element.member("role", in: bytes)?.text(in: bytes) ?? "")
            if let content = element.member("content", in: bytes) {
                Self.read(content, in: bytes, into: &message)
            }
            messages.append(message)
        }
    }

    private static func messages(of body: [UInt8]) throws(ChatRefusal) -> JSONValue {
        let bytes = body.span
        do throws(JSONError) { try JSONDocument.check(bytes) } catch { throw .notJSON }
        guard let root = JSONDocument.root(of: bytes),
            let messages = root.member("messages", in: bytes), messages.kind == .array
        else { throw .notJSON }
        guard root.member("stream", in: bytes)?.kind == .bool(true) else {
            throw .streamingRequired
        }
        return messages
    }

    private mutating func take(
        _ element: JSONValue, in bytes: Span<UInt8>, with key: borrowing PrivateKey
    ) throws(ChatRefusal) {
        var message = Message(role: element.member("role", in: bytes)?.text(in: bytes) ?? "")
        let content = element.member("content", in: bytes)
        switch content?.kind {
        case .string:
            guard let content else { break }
            let text = try open(content, in: bytes, with: key)
            Self.restore(text, into: &message)
        case .array:
            guard let content else { break }
            try takeParts(content, in: bytes, with: key, into: &message)
        case nil, .null: break
        default: throw .decryptionFailed
        }
        messages.append(message)
    }

    /// Parts that stand in a list of their own: the texts are sealed, the rest passes as it is.
    private mutating func takeParts(
        _ content: JSONValue, in bytes: Span<UInt8>, with key: borrowing PrivateKey,
        into message: inout Message
    ) throws(ChatRefusal) {
        var cursor = JSONCursor(at: content.range.lowerBound)
        do throws(JSONError) { try cursor.beginArray(in: bytes) } catch { throw .notJSON }
        while let hasNext = try? cursor.nextElement(in: bytes), hasNext {
            guard let part = try? cursor.value(in: bytes) else { throw .notJSON }
            if part.member("type", in: bytes)?.says("text", in: bytes) == true {
                guard let text = part.member("text", in: bytes), text.kind == .string else {
                    throw .decryptionFailed
                }
                let opened = try open(text, in: bytes, with: key)
                message.text += opened.span.text
            } else {
                message.imageCount += 1
            }
        }
    }

    private mutating func open(
        _ value: JSONValue, in bytes: Span<UInt8>, with key: borrowing PrivateKey
    ) throws(ChatRefusal) -> [UInt8] {
        var text = Buffer()
        do throws(E2EEError) {
            try Envelope.open(bytes.extracting(value.inside), with: key, into: &text)
        } catch {
            throw .decryptionFailed
        }
        plaintexts.append(text.readable.array)
        return text.readable.array
    }

    /// A plaintext that is a JSON array becomes structured content again.
    private static func restore(_ text: [UInt8], into message: inout Message) {
        let bytes = text.span
        guard (try? JSONDocument.check(bytes)) != nil,
            let root = JSONDocument.root(of: bytes), root.kind == .array
        else { return message.text += bytes.text }
        read(root, in: bytes, into: &message)
    }

    /// Reads content that stands in clear.
    private static func read(
        _ content: JSONValue, in bytes: Span<UInt8>, into message: inout Message
    ) {
        if let text = content.text(in: bytes) { message.text += text }
        content.forEachElement(in: bytes) { part in
            if let text = part.member("text", in: bytes)?.text(in: bytes) {
                message.text += text
            } else {
                message.imageCount += 1
            }
        }
    }
}
