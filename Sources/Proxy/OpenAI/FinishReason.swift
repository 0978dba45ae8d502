import Bytes

/// Why a model stopped, in OpenAI's words.
enum FinishReason: String {
    case stop
    case length
    case contentFilter = "content_filter"
    /// Never the provider's word: calls are found here.
    case toolCalls = "tool_calls"
    case functionCall = "function_call"

    /// - Throws: `.badFinish` for a word that means failure, or that nobody knows: an answer that
    ///   may be cut short is not called complete.
    init(_ value: JSONValue, in data: Span<UInt8>) throws(AnswerError) {
        if value.says("stop", in: data) || value.says("eos", in: data)
            || value.says("eos_token", in: data) || value.says("stop_sequence", in: data)
        {
            self = .stop
        } else if value.says("length", in: data) || value.says("max_tokens", in: data) {
            self = .length
        } else if value.says("content_filter", in: data) {
            self = .contentFilter
        } else {
            throw .badFinish
        }
    }
}
