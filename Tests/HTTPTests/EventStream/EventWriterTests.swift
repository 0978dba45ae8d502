import Bytes
import HTTP
import TestSupport
import Testing

@Suite struct EventWriterTests {
    private func written(_ write: (inout Buffer) -> Void) -> String {
        var output = Buffer()
        write(&output)
        return output.readable.text
    }

    @Test
    func `events are written in the narrow form`() {
        let json = bytes("{\"a\":1}")
        #expect(written { EventWriter.data(json.span, to: &$0) } == "data: {\"a\":1}\n\n")
        #expect(written { EventWriter.data(Span(), to: &$0) } == "data: \n\n")
        #expect(written { EventWriter.done(to: &$0) } == "data: [DONE]\n\n")
        #expect(written { EventWriter.comment(to: &$0) } == ": \n\n")
    }

    @Test
    func `no line ending in the data can end the event`() {
        let json = bytes("{\r\n\"a\":\n1\r}\n")
        #expect(written { EventWriter.data(json.span, to: &$0) } == "data: {  \"a\": 1 } \n\n")
    }

    @Test
    func `what is written is read again`() throws {
        var output = Buffer()
        EventWriter.comment(to: &output)
        EventWriter.data(bytes("[1]").span, to: &output)
        var parser = EventParser(eventByteCountMax: 100)
        var joined = Buffer()
        let (token, byteCount) = try parser.next(in: output.readable, joined: &joined)
        let isWhole = byteCount == output.count
        #expect(token == .data(10..<13) && isWhole)
    }
}
