import Bytes
import HTTP
import TestSupport
import Testing

@Suite struct ChunkWriterTests {
    @Test
    func `chunks are written with sizes of fixed width`() {
        var output = Buffer()
        ChunkWriter.chunk(bytes("hello").span, to: &output)
        ChunkWriter.chunk(Span(), to: &output)
        ChunkWriter.last(to: &output)
        let text = output.readable.text
        #expect(text == "00000005\r\nhello\r\n0\r\n\r\n")
    }

    @Test
    func `a chunk written in place gets its size when it is finished`() {
        var output = Buffer()
        output.append("head")
        let mark = ChunkWriter.begin(to: &output)
        for _ in 0..<0x1AF { output.append(.ascii("x")) }
        ChunkWriter.finish(mark, in: &output)
        let content = String(repeating: "x", count: 0x1AF)
        let text = output.readable.text
        #expect(text == "head000001af\r\n\(content)\r\n")
    }

    @Test
    func `a chunk without content leaves nothing behind`() {
        var output = Buffer()
        output.append("head")
        output.consume(2)
        let mark = ChunkWriter.begin(to: &output)
        ChunkWriter.finish(mark, in: &output)
        let text = output.readable.text
        #expect(text == "ad")
    }

    @Test(arguments: [1, 15, 16, 255, 256, 65_535, 70_000])
    func `what is written is read again`(size: Int) throws {
        let content = [UInt8](repeating: 0x61, count: size)
        var output = Buffer()
        ChunkWriter.chunk(content.span, to: &output)
        ChunkWriter.last(to: &output)
        var body = ChunkedBody(limits: HTTPLimits())
        let first = try body.next(in: output.readable)
        #expect(first.token == .data(10..<(10 + size)))
        output.consume(first.byteCount)
        let second = try body.next(in: output.readable)
        let isWhole = second.byteCount == output.count
        #expect(second.token == .end && isWhole)
    }
}
