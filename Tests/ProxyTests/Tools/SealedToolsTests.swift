import Bytes
import Foundation
import Testing

@testable import E2EE
@testable import Proxy

/// What the model reads of functions, calls and results: all of it sealed.
@Suite struct `Sealed tools` {
    static let add =
        #"{"type": "function", "function": {"name": "add", "strict": true, "description": "Adds\n\"two\"", "parameters": {"type":"object", "properties": {"a": {"type": "number"}}}}}"#
    static let line =
        #"{"type":"function","function":{"name":"add","description":"Adds\n\"two\"","parameters":{"type":"object","properties":{"a":{"type":"number"}}}}}"#

    /// The opened messages of a request: role and text.
    private func opened(
        _ messages: String, _ members: String = "", model: String = "e2ee-other",
        corrections: [Correction] = []
    ) throws -> [(role: String, text: String)] {
        let enclave = try EnclaveKey()
        var entropy = SystemEntropy()
        var sealer = try Sealer(to: enclave.verified, entropy: &entropy)
        var output = Buffer()
        let text = #"{"model":"\#(model)","messages":[\#(messages)]\#(members)}"#
        try RequestPath.write(
            try `Chat requests`.read(text), from: text.utf8Span.span,
            corrections: corrections, texts: MessageTexts(format: .of(model: model)),
            sealer: &sealer, entropy: &entropy,
            to: &output)
        let data = Data(output.readable.array)
        let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(
            Set(json.keys) == [
                "model", "messages", "stream", "stream_options", "venice_parameters",
            ])
        return try #require(json["messages"] as? [[String: String]]).map { message in
            #expect(Set(message.keys) == ["role", "content"])
            return (message["role"]!, try enclave.open(message["content"]!))
        }
    }

    @Test func `declarations stand in the system message, one a line`() throws {
        let tools = #","tools":[\#(Self.add)]"#
        let user = #"{"role":"user","content":"x"}"#
        let fresh = try opened(user, tools)
        #expect(fresh.map(\.role) == ["system", "user"])
        #expect(fresh[0].text.hasPrefix("# Tools\n"))
        #expect(fresh[0].text.contains("<tools>\n\(Self.line)\n</tools>"))
        let own = try opened(#"{"role":"developer","content":"Be kind."},"# + user, tools)
        #expect(own.map(\.role) == ["system", "user"])
        #expect(own[0].text.hasPrefix("Be kind.\n\n# Tools\n"))
        let parts = try opened(
            #"{"role":"system","content":[{"type":"text","text":"Be kind."}]},"# + user, tools)
        let array = try JSONSerialization.jsonObject(with: Data(parts[0].text.utf8))
        let texts = try #require(array as? [[String: String]]).map { $0["text"] ?? "" }
        #expect(texts[0] == "Be kind.")
        #expect(texts[1].hasPrefix("# Tools\n"))
    }

    @Test(arguments: [
        (#","tool_choice":"auto""#, "", ""), (#","tool_choice":"required""#, "must", ""),
        (
            #","tool_choice":{"type":"function","function":{"name":"add"}}"#,
            "must call the function add", ""
        ),
        (#","parallel_tool_calls":false"#, "at most one", ""),
        (#","parallel_tool_calls":true"#, "", "at most one"),
    ])
    func `how they may be called is said`(member: String, said: String, unsaid: String) throws {
        for model in ["e2ee-glm-5", "e2ee-qwen3", "e2ee-other"] {
            let text = try opened(
                #"{"role":"user","content":"x"}"#, #","tools":[\#(Self.add)]"# + member,
                model: model
            )[0].text
            #expect(said.isEmpty || text.contains(said))
            #expect(unsaid.isEmpty || !text.contains(unsaid))
        }
    }

    @Test func `none may be called where the client says so`() throws {
        let messages = try opened(
            #"{"role":"user","content":"x"}"#, #","tools":[\#(Self.add)],"tool_choice":"none""#)
        #expect(messages.map(\.role) == ["user"])
    }

    @Test(arguments: [
        (
            "e2ee-glm-5",
            "<tool_call>add<arg_key>a</arg_key><arg_value>1.0</arg_value>"
                + "<arg_key>s</arg_key><arg_value>x\"y</arg_value></tool_call>\n"
                + "<tool_call>now</tool_call>"
        ),
        (
            "e2ee-qwen3",
            "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\":1.0, \"s\":\"x\\\"y\"}}\n</tool_call>\n"
                + "<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>"
        ),
    ])
    func `calls are shown in the syntax of the family, results in the order of the calls`(
        model: String, calls: String
    ) throws {
        let messages = try opened(
            #"""
            {"role":"user","content":"x"},
            {"role":"assistant","content":"<think>secret</think>I add.","tool_calls":[
              {"id":"1","type":"function","function":{"name":"add","arguments":"{\"a\":1.0, \"s\":\"x\\\"y\"}"}},
              {"id":"2","type":"function","function":{"name":"now","arguments":""}}]},
            {"role":"tool","tool_call_id":"2","content":"noon"},
            {"role":"tool","tool_call_id":"1","content":[{"type":"text","text":"[3"},{"type":"text","text":"]"}]},
            {"role":"user","content":"and now?"}
            """#, model: model)
        #expect(messages.map(\.role) == ["user", "assistant", "user", "user"])
        #expect(messages[1].text == "I add.\n" + calls)
        #expect(
            messages[2].text
                == "<tool_response>\n[3]\n</tool_response>\n<tool_response>\nnoon\n</tool_response>"
        )
    }

    @Test func `the older fields are shown the same way`() throws {
        let messages = try opened(
            #"""
            {"role":"user","content":"x"},
            {"role":"assistant","content":null,"function_call":{"name":"add","arguments":"{}"}},
            {"role":"function","name":"add","content":"3"}
            """#, #","functions":[{"name":"add"}]"#)
        #expect(messages[0].text.contains(#"{"type":"function","function":{"name":"add"}}"#))
        #expect(messages[0].text.contains("at most one"))
        #expect(
            messages[2].text == "<tool_call>\n{\"name\": \"add\", \"arguments\": {}}\n</tool_call>")
        #expect(messages[3].text == "<tool_response>\n3\n</tool_response>")
    }

    @Test func `the form of the answer is said`() throws {
        let user = #"{"role":"user","content":"x"}"#
        let object = try opened(user, #","response_format":{"type":"json_object"}"#)
        #expect(object[0].text.hasPrefix("# Output\n"))
        #expect(!object[0].text.contains("<schema>"))
        let schema = try opened(
            user,
            #","response_format":{"type":"json_schema","json_schema":{"name":"n","description":"Of a person.","schema":{"type": "object"}}}"#
        )
        #expect(schema[0].text.contains("<schema>\n{\"type\":\"object\"}\n</schema>\nOf a person."))
    }

    @Test(arguments: [
        (
            #"{"role":"user","content":"x"},{"role":"tool","tool_call_id":"1","content":"x"}"#,
            "messages[1]"
        ),
        (
            #"{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"2","content":"x"}"#,
            "messages[1]"
        ),
        (
            #"{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":"x"},{"role":"tool","tool_call_id":"1","content":"x"}"#,
            "messages[2]"
        ),
        (
            #"{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]},{"role":"user","content":"x"}"#,
            "messages[0].tool_calls"
        ),
        (
            #"{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"[]"}}]}"#,
            "messages[0].tool_calls[0].function.arguments"
        ),
        (
            #"{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f"}}]}"#,
            "messages[0].tool_calls[0].function"
        ),
        (#"{"role":"assistant","tool_calls":7}"#, "messages[0].tool_calls"),
        (
            #"{"role":"assistant","tool_calls":[],"function_call":{"name":"f","arguments":"{}"}}"#,
            "messages[0].function_call"
        ),
    ])
    func `a conversation whose calls and results do not fit is refused`(
        messages: String, param: String
    ) {
        let error = #expect(throws: APIError.self) { _ = try opened(messages) }
        #expect(error?.status == 400)
        #expect(error?.param == param)
    }

    @Test(arguments: [
        (#""tools":7"#, "tools"), (#""tools":[7]"#, "tools[0]"),
        (#""tools":[{"type":"web_search"}]"#, "tools[0].type"),
        (#""tools":[{"type":"function","function":{}}]"#, "tools[0].function"),
        (#""tools":[{"type":"function","function":{"name":"a b"}}]"#, "tools[0].function.name"),
        (#""tools":[{"type":"function","function":{"name":""}}]"#, "tools[0].function.name"),
        (
            #""tools":[{"type":"function","function":{"name":"f","parameters":7}}]"#,
            "tools[0].function.parameters"
        ),
        (
            #""tools":[{"type":"function","function":{"name":"f","description":7}}]"#,
            "tools[0].function.description"
        ),
        (
            #""tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"\u0066"}}]"#,
            "tools[1]"
        ),
        (
            #""tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"maybe""#,
            "tool_choice"
        ),
        (
            #""tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"function":{"name":"g"}}"#,
            "tool_choice"
        ),
        (#""tool_choice":"required""#, "tool_choice"),
        (#""function_call":{"name":"f"}"#, "function_call"),
        (#""functions":[{"name":"f"}],"tools":[]"#, "functions"),
        (#""parallel_tool_calls":1"#, "parallel_tool_calls"), (#""n":0"#, "n"), (#""n":9"#, "n"),
        (#""n":1.0"#, "n"), (#""n":"2""#, "n"),
    ])
    func `declarations of another shape are refused by name`(member: String, param: String) {
        let error = #expect(throws: APIError.self) {
            _ = try opened(#"{"role":"user","content":"x"}"#, "," + member)
        }
        #expect(error?.status == 400)
        #expect(error?.param == param)
    }

    @Test(arguments: [
        ("https://e.example/x.png", true), ("HTTPS://e.example/x.png", true),
        ("data:image/png;base64,AA==", true), ("http://e.example/x.png", false),
        ("file:///etc/passwd", false), ("data:text/html,x", false), ("ftp://x", false), ("", false),
        ("https://e.example/" + String(repeating: "x", count: 8192), false),
    ])
    func `an image's address is in the request or reached by TLS`(url: String, isAllowed: Bool) {
        let message =
            #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"\#(url)"}}]}"#
        #expect(((try? opened(message)) != nil) == isAllowed)
    }

    @Test func `the syntax is chosen by the model's name`() {
        for (model, name) in [
            ("e2ee-glm-5-2-p", "glm"), ("e2ee-Qwen3-VL", "qwen"), ("e2ee-gpt-oss-120b", "hermes"),
        ] {
            #expect(ToolFormat.of(model: model).name == name)
        }
        #expect(ToolFormat.named("glm")?.name == "glm")
        #expect(ToolFormat.named("xml") == nil)
    }

    @Test func `corrections follow the conversation, as texts`() throws {
        let said = "[1]"
        let correction = Correction(said: said.utf8Span.span, .notObject, at: Buffer())
        let messages = try opened(#"{"role":"user","content":"x"}"#, corrections: [correction])
        #expect(messages.map(\.role) == ["user", "assistant", "user"])
        #expect(messages[1].text == #"[{"type":"text","text":"[1]"}]"#)
        #expect(messages[2].text.hasPrefix("Your last answer could not be used: it is not a JSON"))
    }
}
