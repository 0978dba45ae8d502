import Bytes
import Testing

@testable import Proxy

@Suite struct `Chat requests` {
    static let messages = #""messages":[{"role":"user","content":"hi"}]"#

    static func read(_ text: String) throws(APIError) -> ChatRequest {
        let body = Array(text.utf8)
        return try ChatRequest(body.span)
    }

    static func error(_ text: String) -> APIError? {
        do {
            _ = try read(text)
            return nil
        } catch {
            return error
        }
    }

    /// A request with one more top-level member.
    static func with(_ member: String) -> String { #"{"model":"m",\#(messages),\#(member)}"# }

    @Test func `the smallest request is read, without a stream`() throws {
        let request = try Self.read(Self.with(#""n":1"#))
        #expect(request.model == "m")
        #expect(!request.isStreaming)
        #expect(!request.includesUsage)
        #expect(request.messages.count == 1)
    }

    @Test func `an effort named twice is refused, not sent twice`() {
        let both = Self.with(#""reasoning_effort":"low","reasoning":{"effort":"high"}"#)
        let reversed = Self.with(#""reasoning":{"effort":"high"},"reasoning_effort":"low""#)
        for text in [both, reversed] { #expect(Self.error(text)?.param == "reasoning_effort") }
    }

    @Test func `members are recognised however they are escaped`() throws {
        let request = try Self.read(
            #"{"\u006dodel":"\u006d","stream":true,"messages":[{"r\u006fle":"user","content":"x"}]}"#
        )
        #expect(request.model == "m")
        #expect(request.isStreaming)
    }

    @Test(arguments: [
        #""temperature":0.7"#, #""top_p":1"#, #""max_tokens":5"#, #""max_completion_tokens":5"#,
        #""frequency_penalty":-0.5"#, #""presence_penalty":1e-1"#, #""seed":-12"#,
        #""reasoning_effort":"low""#,
    ])
    func `what cannot carry content is forwarded as it was written`(member: String) throws {
        let text = Self.with(member)
        let request = try Self.read(text)
        let forwarded = try #require(request.forwarded.first)
        let value = String(decoding: Array(text.utf8)[forwarded.value], as: UTF8.self)
        #expect("\"\(forwarded.name)\":\(value)" == member)
    }

    @Test(arguments: [
        (#""temperature":"0.7""#, "temperature"), (#""top_p":[]"#, "top_p"),
        (#""max_tokens":1.5"#, "max_tokens"), (#""max_tokens":1e3"#, "max_tokens"),
        (#""max_tokens":0"#, "max_tokens"),
        (#""max_completion_tokens":-1"#, "max_completion_tokens"),
        (#""temperature":1e999"#, "temperature"),
        (#""seed":"secret""#, "seed"), (#""seed":99999999999999999999"#, "seed"),
        (#""reasoning_effort":"my secret""#, "reasoning_effort"),
        (#""reasoning":{"effort":"l\u006fw"}"#, "reasoning.effort"),
        (#""stream":"yes""#, "stream"), (#""stream_options":[]"#, "stream_options"),
        (#""stream_options":{"include_usage":1}"#, "stream_options.include_usage"),
    ])
    func `a value of another type is refused by name`(member: String, param: String) {
        let error = Self.error(Self.with(member))
        #expect(error?.status == 400)
        #expect(error?.param == param)
    }

    @Test(arguments: [
        #""user":"u""#, #""metadata":{"a":"b"}"#, #""store":true"#, #""service_tier":"x""#,
        #""prompt_cache_key":"k""#, #""safety_identifier":"s""#, #""unknown_key":[1,2]"#,
        #""top_k":3"#, #""prediction":{"type":"content"}"#, #""venice_parameters":{"x":1}"#,
    ])
    func `what does not matter is dropped and counted`(member: String) throws {
        let request = try Self.read(Self.with(member))
        #expect(request.droppedCount == 1)
        #expect(request.forwarded.isEmpty)
    }

    @Test(arguments: [
        (#""logprobs":true"#, "logprobs"), (#""top_logprobs":3"#, "top_logprobs"),
        (#""logit_bias":{"1":2}"#, "logit_bias"),
        (#""audio":{"voice":"x"}"#, "audio"), (#""modalities":["text","audio"]"#, "modalities"),
        (#""web_search_options":{}"#, "web_search_options"),
        (#""venice_parameters":{"enable_e2ee":false}"#, "venice_parameters.enable_e2ee"),
        (#""venice_parameters":{"enable_x_search":true}"#, "venice_parameters.enable_x_search"),
        (#""venice_parameters":{"enable_web_search":"on"}"#, "venice_parameters.enable_web_search"),
        (
            #""venice_parameters":{"include_venice_system_prompt":true}"#,
            "venice_parameters.include_venice_system_prompt"
        ),
    ])
    func `what would lose text is refused by name`(member: String, param: String) {
        let error = Self.error(Self.with(member))
        #expect(error?.status == 400)
        #expect(error?.param == param)
    }

    @Test(arguments: [
        #""tools":[]"#, #""tools":null"#, #""tool_choice":"none""#, #""tool_choice":"auto""#,
        #""functions":[ ]"#, #""response_format":{"type":"text"}"#, #""stop":null"#, #""stop":[]"#,
        #""n":1"#, #""n":null"#, #""logprobs":false"#, #""top_logprobs":0"#, #""logit_bias":{}"#,
        #""prediction":null"#, #""modalities":["text"]"#, #""temperature":null"#,
        #""venice_parameters":{"enable_web_search":"off","enable_e2ee":true}"#,
    ])
    func `the same fields are let through where they ask for nothing`(member: String) {
        #expect(Self.error(Self.with(member)) == nil)
    }

    @Test(arguments: [
        ("", "invalid_json"), ("[]", "invalid_json"), ("{", "invalid_json"),
        ("nul", "invalid_json"),
        ("{}", "missing_model"), (#"{"model":"m"}"#, "missing_messages"),
        (#"{"model":"","messages":[]}"#, "missing_model"),
        (#"{"model":"m","messages":[]}"#, "missing_messages"),
        (#"{"model":7,"messages":[]}"#, "invalid_type"),
        (#"{"model":"m","messages":{}}"#, "invalid_type"),
        (#"{"model":"m","model":"m"}"#, "invalid_json"),
        (#"{"model":"\ud800"}"#, "invalid_json"), ("\u{FEFF}{}", "invalid_json"),
        (#"{"model":NaN}"#, "invalid_json"), (#"{"model":"m"} x"#, "invalid_json"),
    ])
    func `malformed bodies are refused`(text: String, code: String) {
        let error = Self.error(text)
        #expect(error?.status == 400)
        #expect(error?.code == code)
    }

    @Test func `deep nesting is refused without harm`() {
        let depth = 100_000
        let text = Self.with(
            #""x":"# + String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
        #expect(Self.error(text)?.code == "invalid_json")
    }
}
