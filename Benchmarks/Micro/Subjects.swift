import Bytes
import E2EE
import HTTP

/// What is measured: one function a subject.
enum Subjects {
    static func hex(_ report: inout Report) {
        let bytes = [UInt8](repeating: 0xA5, count: 125)
        var digits = Buffer()
        Hex.encode(bytes.span, to: &digits)
        var output = Buffer(capacity: 256)
        report.measure("hex, decode 250 digits", count: 1000) {
            output.clear()
            try? Hex.decode(digits.readable, to: &output)
        }
    }

    /// A chunk as the provider sends it, with an envelope of 32 bytes of text.
    private static func chunk(_ envelope: String) -> String {
        #"{"id":"chatcmpl-0123456789","object":"chat.completion.chunk","created":1790000000,"#
            + #""model":"e2ee-glm-5-2-p","choices":[{"index":0,"delta":{"content":"\#(envelope)"},"#
            + #""logprobs":null,"finish_reason":null}]}"#
    }

    static func json(_ report: inout Report) {
        let text = Array(chunk(String(repeating: "a5", count: 125)).utf8)
        report.measure("JSON, check a chunk of \(text.count) bytes", count: 200) {
            try? JSONDocument.check(text.span)
        }
        report.measure("JSON, walk to its content", count: 200) {
            let root = JSONDocument.root(of: text.span)
            _ = root?.member("choices", in: text.span)
        }
    }

    static func events(_ report: inout Report) throws {
        var stream = Buffer()
        let data = Array(chunk(String(repeating: "a5", count: 125)).utf8)
        for _ in 0..<16 { EventWriter.data(data.span, to: &stream) }
        var joined = Buffer()
        try report.measure("SSE, 16 events of \(data.count) bytes", count: 50) {
            var parser = EventParser(eventByteCountMax: 1 << 20)
            var offset = 0
            while offset < stream.count {
                let rest = stream.readable.extracting(offset..<stream.count)
                offset += try parser.next(in: rest, joined: &joined).byteCount
            }
        }
    }

    static func chunked(_ report: inout Report) throws {
        var body = Buffer()
        let data = [UInt8](repeating: 0x61, count: 480)
        for _ in 0..<16 { ChunkWriter.chunk(data.span, to: &body) }
        ChunkWriter.last(to: &body)
        try report.measure("chunked body, 16 chunks of 480 bytes", count: 50) {
            var parser = ChunkedBody(limits: HTTPLimits())
            var offset = 0
            while offset < body.count {
                let rest = body.readable.extracting(offset..<body.count)
                offset += try parser.next(in: rest).byteCount
            }
        }
    }

    static func envelope(_ report: inout Report) throws {
        var entropy = SystemEntropy()
        let text = [UInt8](repeating: 0x61, count: 32)
        let count = 64
        let key = try PrivateKey(from: &entropy)
        var envelopes: [[UInt8]] = []
        for _ in 0..<count {
            var digits = Buffer()
            try Envelope.seal(text.span, to: key.publicKey, from: &entropy, into: &digits)
            envelopes.append(digits.readable.array)
        }
        var output = Buffer(capacity: 64)
        var index = 0
        try report.measure("envelope, open one with a fresh sender key", count: count) {
            output.clear()
            let envelope = envelopes[index % count]
            try Envelope.open(envelope.span, with: key, into: &output)
            index += 1
        }
        var digits = Buffer(capacity: 512)
        try report.measure("envelope, seal one with a fresh sender key", count: count) {
            digits.clear()
            try Envelope.seal(text.span, to: key.publicKey, from: &entropy, into: &digits)
        }
    }
}
