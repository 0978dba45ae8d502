import Bytes

/// Token counts of an answer. Only numbers are taken over, so that nothing else can travel along.
struct Usage: Equatable {
    var prompt = 0
    var completion = 0
    var total = 0
    var cached: Int?
    var reasoning: Int?

    /// Nil for anything but an object.
    init?(_ value: JSONValue, in data: Span<UInt8>) {
        guard value.kind == .object else { return nil }
        prompt = value.member("prompt_tokens", in: data)?.decimal(in: data) ?? 0
        completion = value.member("completion_tokens", in: data)?.decimal(in: data) ?? 0
        total = value.member("total_tokens", in: data)?.decimal(in: data) ?? prompt + completion
        let promptDetails = value.member("prompt_tokens_details", in: data)
        cached = promptDetails?.member("cached_tokens", in: data)?.decimal(in: data)
        let completionDetails = value.member("completion_tokens_details", in: data)
        reasoning = completionDetails?.member("reasoning_tokens", in: data)?.decimal(in: data)
    }

    /// The tokens of both.
    func adding(_ other: Usage) -> Usage {
        func sum(_ one: Int?, _ other: Int?) -> Int? {
            one == nil && other == nil ? nil : (one ?? 0).addingReportingOverflow(other ?? 0).0
        }
        var both = self
        both.prompt = sum(prompt, other.prompt) ?? 0
        both.completion = sum(completion, other.completion) ?? 0
        both.total = sum(total, other.total) ?? 0
        both.cached = sum(cached, other.cached)
        both.reasoning = sum(reasoning, other.reasoning)
        return both
    }

    func write(to output: inout Buffer) {
        output.append("{\"prompt_tokens\":")
        output.append(decimal: prompt)
        output.append(",\"completion_tokens\":")
        output.append(decimal: completion)
        output.append(",\"total_tokens\":")
        output.append(decimal: total)
        if let cached {
            output.append(",\"prompt_tokens_details\":{\"cached_tokens\":")
            output.append(decimal: cached)
            output.append("}" as StaticString)
        }
        if let reasoning {
            output.append(",\"completion_tokens_details\":{\"reasoning_tokens\":")
            output.append(decimal: reasoning)
            output.append("}" as StaticString)
        }
        output.append("}" as StaticString)
    }
}
