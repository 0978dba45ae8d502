import Bytes

/// What happens to each top-level field of a chat request: the one table, which the README repeats.
/// The rule behind it: nothing leaves in clear but what cannot carry content.
enum Parameters {
    enum Treatment: Equatable {
        /// The proxy itself acts on it.
        case handled(Handled)
        /// Leaves in clear as it was written, once it is known to be of its type.
        case forwarded(Scalar)
        /// Neither leaves nor matters to the answer; counted in the log.
        case dropped
        /// Would change or lose text if it were ignored: refused unless its value asks for nothing.
        case refused(unless: Harmless)
    }

    /// The fields the proxy acts on.
    enum Handled: Equatable {
        case model, messages, stream, streamOptions, veniceParameters, reasoning, count, stop
        case tools, toolChoice, functions, functionCall, parallelToolCalls, responseFormat
    }

    /// The types that cannot carry content.
    enum Scalar: Equatable {
        /// Any number that a double can hold.
        case number
        case integer
        /// An integer above zero.
        case count
        case effort
    }

    /// Values of a refused field that ask for nothing. Null always does.
    enum Harmless: Equatable { case nullOnly, empty, off, textOnly }

    static func treatment(of name: JSONValue, in bytes: Span<UInt8>) -> Treatment {
        for (known, treatment) in table where JSONString.matches(name, known, in: bytes) {
            return treatment
        }
        return .dropped
    }

    static let table: [(StaticString, Treatment)] = [
        ("model", .handled(.model)),
        ("messages", .handled(.messages)),
        ("stream", .handled(.stream)),
        ("stream_options", .handled(.streamOptions)),
        ("venice_parameters", .handled(.veniceParameters)),
        ("reasoning", .handled(.reasoning)),
        ("tools", .handled(.tools)),
        ("tool_choice", .handled(.toolChoice)),
        ("parallel_tool_calls", .handled(.parallelToolCalls)),
        ("functions", .handled(.functions)),
        ("function_call", .handled(.functionCall)),
        ("response_format", .handled(.responseFormat)),
        ("stop", .handled(.stop)),
        ("n", .handled(.count)),
        ("temperature", .forwarded(.number)),
        ("top_p", .forwarded(.number)),
        ("max_tokens", .forwarded(.count)),
        ("max_completion_tokens", .forwarded(.count)),
        ("frequency_penalty", .forwarded(.number)),
        ("presence_penalty", .forwarded(.number)),
        ("seed", .forwarded(.integer)),
        ("reasoning_effort", .forwarded(.effort)),
        ("user", .dropped),
        ("metadata", .dropped),
        ("store", .dropped),
        ("service_tier", .dropped),
        ("prompt_cache_key", .dropped),
        ("prompt_cache_retention", .dropped),
        ("safety_identifier", .dropped),
        ("verbosity", .dropped),
        ("prediction", .dropped),
        ("logprobs", .refused(unless: .off)),
        ("top_logprobs", .refused(unless: .off)),
        ("logit_bias", .refused(unless: .empty)),
        ("audio", .refused(unless: .nullOnly)),
        ("modalities", .refused(unless: .textOnly)),
        ("web_search_options", .refused(unless: .nullOnly)),
    ]

    /// Members of `venice_parameters` that let the provider read or change the prompt while they
    /// are on.
    static let readersOfPrompts: [StaticString] = [
        "enable_web_search", "enable_web_scraping", "enable_web_citations", "enable_x_search",
        "include_search_results_in_stream", "return_search_results_as_documents",
        "include_venice_system_prompt", "character_slug",
    ]

    static let efforts: [StaticString] = [
        "none", "minimal", "low", "medium", "high", "xhigh", "max",
    ]
}

extension Parameters.Harmless {
    /// Whether `value` asks for nothing.
    func covers(_ value: JSONValue, in bytes: Span<UInt8>) -> Bool {
        if value.kind == .null { return true }
        let text = bytes.extracting(value.range)
        switch self {
        case .nullOnly: return false
        case .off: return value.kind == .bool(false) || text.equals("0")
        case .empty:
            return switch value.kind {
            case .array, .object: Self.isEmpty(text)
            default: false
            }
        case .textOnly: return Self.isTextOnly(value, in: bytes)
        }
    }

    private static func isEmpty(_ container: Span<UInt8>) -> Bool {
        for index in 1..<(container.count - 1) where container[index] > .space { return false }
        return true
    }

    /// `{"type":"text"}`, `["text"]` or an empty one of either.
    private static func isTextOnly(_ value: JSONValue, in bytes: Span<UInt8>) -> Bool {
        var isTextOnly = value.kind == .object || value.kind == .array
        value.forEachElement(in: bytes) { element in
            if !element.says("text", in: bytes) { isTextOnly = false }
        }
        value.forEachMember(in: bytes) { key, member in
            let isType = JSONString.matches(key, "type", in: bytes)
            if !isType || !member.says("text", in: bytes) { isTextOnly = false }
        }
        return isTextOnly
    }
}

extension Parameters {
    /// The table's own spelling of a name that is in it.
    static func name(of key: JSONValue, in bytes: Span<UInt8>) -> StaticString {
        for (known, _) in table where JSONString.matches(key, known, in: bytes) { return known }
        preconditionFailure("a name that is not in the table is dropped before")
    }
}

extension Parameters.Scalar {
    /// - Throws: a 400 when `value` is not of this type.
    func check(
        _ value: JSONValue, named name: StaticString, in bytes: Span<UInt8>
    ) throws(APIError) {
        let text = bytes.extracting(value.range)
        let problem: String
        switch self {
        case .number:
            if value.kind == .number, Double(text.text)?.isFinite == true { return }
            problem = "must be a number"
        case .integer:
            let digits = text.first == .ascii("-") ? text.extracting(1..<text.count) : text
            if value.kind == .number, digits.decimal != nil { return }
            problem = "must be an integer"
        case .count:
            if value.kind == .number, let count = text.decimal, count > 0 { return }
            problem = "must be an integer above 0"
        case .effort:
            if value.kind == .string,
                Parameters.efforts.contains(where: {
                    text.extracting(1..<(text.count - 1)).equals($0)
                })
            {
                return
            }
            problem = "must be one of \(Parameters.efforts.map { "\($0)" }.joined(separator: ", "))"
        }
        throw .badRequest("invalid_value", "'\(name)' \(problem).", param: "\(name)")
    }
}
