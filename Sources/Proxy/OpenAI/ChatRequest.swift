import Bytes

/// A chat request, read and judged: what will leave in clear, and where the texts to be sealed
/// stand. Ranges are into the body it was read from.
struct ChatRequest {
    struct Forwarded {
        /// The parameter as it leaves; fixed names, never the client's spelling.
        let name: StaticString
        let value: Range<Int>
    }

    var model = ""
    var isStreaming = false
    /// Whether the client wants the usage chunk of a stream.
    var includesUsage = false
    /// How many answers are wanted, each from a sealed request of its own.
    var choiceCount = 1
    var messages: [ChatMessage] = []
    var forwarded: [Forwarded] = []
    /// Fields that were left out, in the request and in its messages.
    var droppedCount = 0
    /// What the proxy does to the answer; nil for nothing.
    var plan: AnswerPlan?
    /// Set for a request that is not sealed; nothing else of it is read then.
    var clear: ClearRequest?

    /// - Throws: a 400 that names the field at fault.
    init(_ body: Span<UInt8>) throws(APIError) {
        do throws(JSONError) { try JSONDocument.check(body) } catch { throw Self.malformed(error) }
        guard let root = JSONDocument.root(of: body), root.kind == .object else {
            throw .badRequest("invalid_json", "The body must be a JSON object.")
        }
        if let clear = try ClearRequest(root, in: body) {
            self.clear = clear
            model = ClearRequest.prefix + clear.model
            isStreaming = clear.isStreaming
            return
        }
        var wishes = Wishes()
        try root.forEachMember(in: body) { (key, value) throws(APIError) in
            try take(key, value, in: body, wishes: &wishes)
        }
        guard !model.isEmpty else {
            throw .badRequest("missing_model", "A model is needed.", param: "model")
        }
        guard !messages.isEmpty else {
            throw .badRequest(
                "missing_messages", "At least one message is needed.", param: "messages")
        }
        try messages.matchResults(in: body)
        plan = try wishes.plan(in: body)
    }

    /// What an answer shall be, until all that is said of it was read.
    private struct Wishes {
        var tools = ToolSetReader()
        var stop: JSONValue?
        var responseFormat: JSONValue?

        func plan(in body: Span<UInt8>) throws(APIError) -> AnswerPlan? {
            let tools = try tools.read(in: body)
            var stops: StopStrings?
            if let stop { stops = try StopStrings(stop, in: body) }
            var output: OutputFormat?
            if let responseFormat { output = try OutputFormat(responseFormat, in: body) }
            return AnswerPlan(tools: tools, stops: stops, output: output)
        }
    }

    /// More choices than this are refused.
    static let choiceCountMax = 8

    private static func malformed(_ error: JSONError) -> APIError {
        switch error {
        case .unexpected(let offset):
            .badRequest("invalid_json", "The body is not valid JSON (at byte \(offset)).")
        case .badString(let offset):
            .badRequest("invalid_json", "A string is malformed (at byte \(offset)).")
        case .badNumber(let offset):
            .badRequest("invalid_json", "A number is malformed or too long (at byte \(offset)).")
        case .tooDeep:
            .badRequest(
                "invalid_json", "The body is nested deeper than \(JSONCursor.depthMax) levels.")
        case .duplicateKey(let offset):
            .badRequest("invalid_json", "A member is named twice (before byte \(offset)).")
        }
    }

    private mutating func take(
        _ key: JSONValue, _ value: JSONValue, in body: Span<UInt8>, wishes: inout Wishes
    ) throws(APIError) {
        switch Parameters.treatment(of: key, in: body) {
        case .handled(let field):
            try handle(field, value, in: body, wishes: &wishes)
        case .dropped:
            droppedCount += 1
        case .forwarded(let scalar):
            guard value.kind != .null else { return }
            let name = Parameters.name(of: key, in: body)
            try scalar.check(value, named: name, in: body)
            try forward(value, as: name)
        case .refused(let harmless):
            guard harmless.covers(value, in: body) else {
                let name = "\(Parameters.name(of: key, in: body))"
                throw .refusedField(
                    name, "'\(name)' cannot be used with an end-to-end encrypted model.")
            }
        }
    }

    private mutating func handle(
        _ field: Parameters.Handled, _ value: JSONValue, in body: Span<UInt8>,
        wishes: inout Wishes
    ) throws(APIError) {
        switch field {
        case .model:
            guard value.kind == .string else {
                throw .badRequest("invalid_type", "'model' must be a string.", param: "model")
            }
            model = JSONString.text(value, in: body)
        case .messages: try readMessages(value, in: body)
        case .stream: isStreaming = try Self.flag(value, named: "stream") ?? false
        case .streamOptions: try readStreamOptions(value, in: body)
        case .reasoning: try readReasoning(value, in: body)
        case .veniceParameters:
            try Self.checkVeniceParameters(value, in: body)
            droppedCount += 1
        case .count: try readChoiceCount(value, in: body)
        case .stop: wishes.stop = value
        case .tools: wishes.tools.tools = value
        case .toolChoice: wishes.tools.toolChoice = value
        case .functions: wishes.tools.functions = value
        case .functionCall: wishes.tools.functionCall = value
        case .parallelToolCalls:
            let isAllowed = try Self.flag(value, named: "parallel_tool_calls")
            wishes.tools.allowsParallelCalls = isAllowed ?? true
        case .responseFormat: wishes.responseFormat = value
        }
    }

    private mutating func readChoiceCount(
        _ value: JSONValue, in body: Span<UInt8>
    ) throws(APIError) {
        guard value.kind != .null else { return }
        guard let count = value.decimal(in: body), 1...Self.choiceCountMax ~= count else {
            throw .badRequest(
                "invalid_value", "'n' must be a number from 1 to \(Self.choiceCountMax).",
                param: "n")
        }
        choiceCount = count
    }

    /// - Returns: nil for null.
    private static func flag(_ value: JSONValue, named name: String) throws(APIError) -> Bool? {
        switch value.kind {
        case .bool(let isOn): return isOn
        case .null: return nil
        default: throw .badRequest("invalid_type", "'\(name)' must be a boolean.", param: name)
        }
    }

    private mutating func readMessages(
        _ value: JSONValue, in body: Span<UInt8>
    ) throws(APIError) {
        guard value.kind == .array else {
            throw .badRequest("invalid_type", "'messages' must be an array.", param: "messages")
        }
        try value.forEachElement(in: body) { (element) throws(APIError) in
            let message = try ChatMessage(element, at: messages.count, in: body)
            droppedCount += message.droppedCount
            messages.append(message)
        }
    }

    private mutating func readStreamOptions(
        _ value: JSONValue, in body: Span<UInt8>
    ) throws(APIError) {
        let param = "stream_options"
        try Self.eachMember(of: value, named: param, in: body) { (key, member) throws(APIError) in
            if JSONString.matches(key, "include_usage", in: body) {
                let name = "stream_options.include_usage"
                includesUsage = try Self.flag(member, named: name) ?? false
            } else {
                droppedCount += 1
            }
        }
    }

    private mutating func readReasoning(
        _ value: JSONValue, in body: Span<UInt8>
    ) throws(APIError) {
        let param = "reasoning"
        try Self.eachMember(of: value, named: param, in: body) { (key, member) throws(APIError) in
            guard JSONString.matches(key, "effort", in: body), member.kind != .null else {
                droppedCount += 1
                return
            }
            try Parameters.Scalar.effort.check(member, named: "reasoning.effort", in: body)
            try forward(member, as: "reasoning_effort")
        }
    }

    /// - Throws: where two spellings of one parameter were given: readers differ in which counts.
    private mutating func forward(
        _ value: JSONValue, as name: StaticString
    ) throws(APIError) {
        guard !forwarded.contains(where: { "\($0.name)" == "\(name)" }) else {
            throw .badRequest("invalid_value", "'\(name)' is given twice.", param: "\(name)")
        }
        forwarded.append(Forwarded(name: name, value: value.range))
    }

    /// The provider's own parameters are set by the proxy. A request that would switch encryption
    /// off or something on that reads the prompt is refused rather than quietly changed.
    private static func checkVeniceParameters(
        _ value: JSONValue, in body: Span<UInt8>
    ) throws(APIError) {
        let outer = "venice_parameters"
        try eachMember(of: value, named: outer, in: body) { (key, member) throws(APIError) in
            let isOff =
                member.kind == .null || member.kind == .bool(false)
                || member.says("off", in: body)
            let isEncryption = JSONString.matches(key, "enable_e2ee", in: body)
            guard isEncryption ? isOff && member.kind != .null : !isOff else { return }
            let known = Parameters.readersOfPrompts + (isEncryption ? ["enable_e2ee"] : [])
            for name in known where JSONString.matches(key, name, in: body) {
                throw .refusedField(
                    "\(outer).\(name)",
                    "'\(outer).\(name)' cannot be used with an end-to-end encrypted model.")
            }
        }
    }

    private static func eachMember(
        of value: JSONValue, named name: String, in body: Span<UInt8>,
        _ visit: (JSONValue, JSONValue) throws(APIError) -> Void
    ) throws(APIError) {
        guard value.kind != .null else { return }
        guard value.kind == .object else {
            throw .badRequest("invalid_type", "'\(name)' must be an object.", param: name)
        }
        try value.forEachMember(in: body, visit)
    }
}
