import Bytes
import Testing

@testable import Proxy

@Suite struct `Chat messages` {
    private func read(_ message: String) throws(APIError) -> ChatMessage {
        let request = try `Chat requests`.read(#"{"model":"m","messages":[\#(message)]}"#)
        return request.messages[0]
    }

    private func error(_ message: String) -> APIError? {
        `Chat requests`.error(
            #"{"model":"m","messages":[{"role":"user","content":"x"},\#(message)]}"#)
    }

    @Test(arguments: [
        ("system", ChatMessage.Role.system), ("developer", .system), ("user", .user),
        ("assistant", .assistant),
    ])
    func `the roles of the sealed path are known`(name: String, role: ChatMessage.Role) throws {
        #expect(try read(#"{"role":"\#(name)","content":"x"}"#).role == role)
    }

    @Test(arguments: [
        (#"{"content":"x"}"#, "messages[1].role"),
        (#"{"role":"tool","content":"x"}"#, "messages[1].tool_call_id"),
        (#"{"role":"function","content":"x"}"#, "messages[1].name"),
        (#"{"role":"narrator","content":"x"}"#, "messages[1].role"),
        (#"{"role":"user"}"#, "messages[1].content"),
        (#"{"role":"user","content":null}"#, "messages[1].content"),
        (#"{"role":"user","content":7}"#, "messages[1].content"),
        (#"{"role":"user","content":{}}"#, "messages[1].content"),
        (#"{"role":"user","content":[]}"#, "messages[1].content"),
        (#"{"role":"user","content":[7]}"#, "messages[1].content[0]"),
        (#"{"role":"user","content":[{"type":"text"}]}"#, "messages[1].content[0]"),
        (
            #"{"role":"user","content":[{"type":"text","text":"a"},{"type":"input_audio"}]}"#,
            "messages[1].content[1]"
        ),
        (#"{"role":"user","content":[{"type":"file"}]}"#, "messages[1].content[0]"),
        (
            #"{"role":"user","content":[{"type":"image_url","image_url":"x"}]}"#,
            "messages[1].content[0]"
        ),
        (
            #"{"role":"assistant","content":null,"tool_calls":[{"id":"1"}]}"#,
            "messages[1].tool_calls[0]"
        ),
        (
            #"{"role":"assistant","content":"x","function_call":{"name":"f"}}"#,
            "messages[1].function_call"
        ),
        (#"{"role":"assistant","content":"x","audio":{"id":"1"}}"#, "messages[1].audio"),
        (#""just text""#, "messages[1]"),
    ])
    func `what cannot be sealed is refused by its path`(message: String, param: String) {
        let error = error(message)
        #expect(error?.status == 400)
        #expect(error?.param == param)
    }

    @Test func `an assistant turn may have no content, and empty tool calls are nothing`() throws {
        #expect(try read(#"{"role":"assistant","content":null}"#).content == .empty)
        #expect(try read(#"{"role":"assistant","tool_calls":[]}"#).content == .empty)
        #expect(try read(#"{"role":"assistant","tool_calls":null}"#).droppedCount == 0)
    }

    @Test func `names, refusals, reasoning and the unknown are dropped and counted`() throws {
        let message = try read(
            #"{"role":"assistant","content":"x","name":"n","refusal":"r","reasoning_content":"c","k":1}"#
        )
        #expect(message.droppedCount == 4)
    }
}
