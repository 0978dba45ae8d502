import Bytes

/// One message of a chat request: its role, and what of it will be sealed. Ranges are into the
/// body.
struct ChatMessage {
    /// The roles that exist on the sealed path. `developer` leaves as `system`, which every chat
    /// template knows.
    enum Role: String { case system, user, assistant }

    enum Content: Equatable {
        /// A JSON string.
        case text(JSONValue)
        /// The parts of a content array, to be sealed together as one JSON text.
        case parts([Part])
        case empty
    }

    enum Part: Equatable {
        case text(JSONValue)
        case image(url: JSONValue, detail: JSONValue?)
    }

    var role: Role
    var content: Content
    /// Members that were left out.
    var droppedCount: Int
    /// The field path of the first image, for an error about it.
    var imageParam: String?

    /// - Throws: a 400 that names the field, as in `messages[3].content`.
    init(_ value: JSONValue, at index: Int, in body: Span<UInt8>) throws(APIError) {
        let path = "messages[\(index)]"
        guard value.kind == .object else {
            throw .badRequest("invalid_type", "A message must be an object.", param: path)
        }
        let members = Members(value, in: body)
        role = try Self.role(members.role, path, in: body)
        if let refused = members.refused {
            throw .refusedField(
                "\(path).\(refused)",
                "'\(refused)' of a message cannot be sealed yet, and leaving it out would lose text."
            )
        }
        droppedCount = members.droppedCount
        (content, imageParam) = try Self.content(members.content, role: role, path, in: body)
    }

    /// The members of a message by what is done with them.
    private struct Members {
        var role: JSONValue?
        var content: JSONValue?
        /// The first member that holds text which can be neither sealed nor dropped.
        var refused: String?
        var droppedCount = 0

        init(_ value: JSONValue, in body: Span<UInt8>) {
            value.forEachMember(in: body) { key, member in take(key, member, in: body) }
        }

        private mutating func take(_ key: JSONValue, _ member: JSONValue, in body: Span<UInt8>) {
            if JSONString.matches(key, "role", in: body) {
                role = member
            } else if JSONString.matches(key, "content", in: body) {
                content = member
            } else if let name = Self.name(of: key, in: body) {
                guard !Parameters.Harmless.empty.covers(member, in: body) else { return }
                refused = refused ?? name
            } else {
                droppedCount += 1
            }
        }

        private static func name(of key: JSONValue, in body: Span<UInt8>) -> String? {
            for name: StaticString in ["tool_calls", "function_call", "audio"]
            where JSONString.matches(key, name, in: body) {
                return "\(name)"
            }
            return nil
        }
    }

    private static func role(
        _ value: JSONValue?, _ path: String, in body: Span<UInt8>
    ) throws(APIError) -> Role {
        guard let name = value?.text(in: body) else {
            throw .badRequest("invalid_type", "A message needs a role.", param: "\(path).role")
        }
        switch name {
        case "system", "developer": return .system
        case "user": return .user
        case "assistant": return .assistant
        case "tool", "function":
            throw .refusedField(
                "\(path).role", "Tool messages cannot be sealed yet, so they are refused.")
        default:
            throw .badRequest(
                "invalid_role", "The role must be system, developer, user or assistant.",
                param: "\(path).role")
        }
    }

    private static func content(
        _ value: JSONValue?, role: Role, _ path: String, in body: Span<UInt8>
    ) throws(APIError) -> (Content, imageParam: String?) {
        switch value?.kind {
        case .string:
            return (.text(value!), nil)
        case .array:
            return try parts(value!, "\(path).content", in: body)
        case .null, nil:
            guard role == .assistant else { break }
            return (.empty, nil)
        default: break
        }
        throw .badRequest(
            "invalid_type", "The content must be a string or an array of parts.",
            param: "\(path).content")
    }

    private static func parts(
        _ value: JSONValue, _ path: String, in body: Span<UInt8>
    ) throws(APIError) -> (Content, imageParam: String?) {
        var parts: [Part] = []
        var imageParam: String?
        try value.forEachElement(in: body) { (element) throws(APIError) in
            let partPath = "\(path)[\(parts.count)]"
            let part = try part(element, partPath, in: body)
            if case .image = part { imageParam = imageParam ?? partPath }
            parts.append(part)
        }
        guard !parts.isEmpty else {
            throw .badRequest("empty_content", "The content has no parts.", param: path)
        }
        return (.parts(parts), imageParam)
    }

    private static func part(
        _ value: JSONValue, _ path: String, in body: Span<UInt8>
    ) throws(APIError) -> Part {
        guard let type = value.member("type", in: body)?.text(in: body) else {
            throw .badRequest("invalid_type", "A content part needs a type.", param: path)
        }
        switch type {
        case "text":
            guard let text = value.member("text", in: body), text.kind == .string else {
                throw .badRequest("invalid_type", "A text part needs a text.", param: path)
            }
            return .text(text)
        case "image_url":
            guard let image = value.member("image_url", in: body),
                let url = image.member("url", in: body), url.kind == .string
            else {
                throw .badRequest("invalid_type", "An image part needs image_url.url.", param: path)
            }
            let detail = image.member("detail", in: body)
            guard detail == nil || detail!.kind == .string || detail!.kind == .null else {
                throw .badRequest("invalid_type", "An image's detail is a string.", param: path)
            }
            return .image(url: url, detail: detail?.kind == .string ? detail : nil)
        case "input_audio":
            throw .refusedField(path, "Audio parts cannot be sealed yet.")
        case "file":
            throw .refusedField(path, "File parts cannot be sealed yet.")
        default:
            throw .refusedField(path, "Only text and image_url parts can be sealed.")
        }
    }
}
