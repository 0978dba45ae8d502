import Bytes

/// One message of a chat request: its role, and what of it will be sealed. Ranges are into the
/// body.
struct ChatMessage {
    /// The roles a client may use. Only the first three leave: `developer` leaves as `system`,
    /// which every chat template knows, and what a function gave as a user's text.
    enum Role: String { case system, user, assistant, tool }

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
        case audio(JSONValue)
    }

    /// A function the model called earlier in the conversation.
    struct Call {
        /// Nil in the older field, `function_call`.
        let id: JSONValue?
        let name: JSONValue
        /// A string that holds the JSON text of an object, or nothing.
        let arguments: JSONValue
    }

    var role: Role
    var content: Content
    /// The calls of an assistant's turn.
    var calls: [Call] = []
    /// What a tool's message says it answers: an id, or in the older form a function's name.
    var answers: JSONValue?
    /// Which of the calls before it a tool's message answers.
    var callIndex = 0
    /// Members that were left out.
    var droppedCount: Int
    /// The field path of the first image and of the first recording, for an error about it.
    var imageParam: String?
    var audioParam: String?

    /// - Throws: a 400 that names the field, as in `messages[3].content`.
    init(_ value: JSONValue, at index: Int, in body: Span<UInt8>) throws(APIError) {
        guard value.kind == .object else {
            throw .badRequest(
                "invalid_type", "A message must be an object.", param: "messages[\(index)]")
        }
        let members = Members(value, in: body)
        let (role, isOld) = try Self.role(members.role, index, in: body)
        self.role = role
        droppedCount = members.droppedCount
        if let audio = members.audio, !Parameters.Harmless.empty.covers(audio, in: body) {
            throw .refusedField(
                "messages[\(index)].audio",
                "Recorded answers cannot be sealed, and one would be lost.")
        }
        content = .empty
        let reader = ContentReader(message: index)
        content = try reader.read(members.content, role: role, in: body)
        imageParam = reader.param(ofFirst: content) { if case .image = $0 { true } else { false } }
        audioParam = reader.param(ofFirst: content) { if case .audio = $0 { true } else { false } }
        if role == .assistant {
            calls = try CallsReader(message: index).read(members.calls, members.oldCall, in: body)
        }
        guard role == .tool else { return }
        answers = isOld ? members.name : members.callID
        guard answers?.kind == .string else {
            let name = isOld ? "name" : "tool_call_id"
            throw .badRequest(
                "invalid_type", "A message of this role needs a \(name).",
                param: "messages[\(index)].\(name)")
        }
    }

    /// The members of a message by what is done with them.
    private struct Members {
        var role: JSONValue?
        var content: JSONValue?
        var calls: JSONValue?
        var oldCall: JSONValue?
        var callID: JSONValue?
        var name: JSONValue?
        var audio: JSONValue?
        var droppedCount = 0

        init(_ value: JSONValue, in body: Span<UInt8>) {
            value.forEachMember(in: body) { key, member in take(key, member, in: body) }
        }

        private mutating func take(_ key: JSONValue, _ member: JSONValue, in body: Span<UInt8>) {
            if JSONString.matches(key, "role", in: body) {
                role = member
            } else if JSONString.matches(key, "content", in: body) {
                content = member
            } else if JSONString.matches(key, "tool_calls", in: body) {
                calls = member
            } else if JSONString.matches(key, "function_call", in: body) {
                oldCall = member
            } else if JSONString.matches(key, "tool_call_id", in: body) {
                callID = member
            } else if JSONString.matches(key, "audio", in: body) {
                audio = member
            } else {
                if JSONString.matches(key, "name", in: body) { name = member }
                droppedCount += 1
            }
        }
    }

    /// - Returns: `isOld`: a function's result in the older form.
    private static func role(
        _ value: JSONValue?, _ index: Int, in body: Span<UInt8>
    ) throws(APIError) -> (Role, isOld: Bool) {
        guard let name = value?.text(in: body) else {
            throw .badRequest(
                "invalid_type", "A message needs a role.", param: "messages[\(index)].role")
        }
        switch name {
        case "system", "developer": return (.system, false)
        case "user": return (.user, false)
        case "assistant": return (.assistant, false)
        case "tool": return (.tool, false)
        case "function": return (.tool, true)
        default:
            throw .badRequest(
                "invalid_role",
                "The role must be system, developer, user, assistant, tool or function.",
                param: "messages[\(index)].role")
        }
    }
}
