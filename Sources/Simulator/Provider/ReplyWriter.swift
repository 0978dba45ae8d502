import Bytes
import E2EE
import HTTP

/// Turns the steps of one reply into the bytes of its answer, sealing texts on the way.
struct ReplyWriter: ~Copyable {
    private let reply: Reply
    private let id: String
    private var textCount = 0
    /// The envelope written last, in hex.
    private var lastEnvelope: [UInt8] = []
    private var event = Buffer()
    private var gathered = Buffer()

    init(_ reply: consuming Reply, id: String) {
        self.reply = reply
        self.id = id
    }

    var framing: Reply.Framing { reply.framing }

    /// nil behind the last step.
    func step(at index: Int) -> ReplyStep? {
        index < reply.steps.count ? reply.steps[index] : nil
    }

    /// Appends what a step that sends bytes has to send.
    /// - Throws: when there is no entropy to seal with.
    mutating func write<Source: Entropy>(
        _ step: ReplyStep, entropy: inout Source, to output: inout Buffer
    ) throws(E2EEError) {
        switch step {
        case .wire(let bytes):
            flush(to: &output)
            output.append(bytes.span)
        case .role: writeDelta(#""role":"assistant","content":"""#, finish: "null", to: &output)
        case .text(let field, let bytes, let damage):
            textCount += 1
            let member = try sealed(field, bytes, damage, entropy: &entropy)
            writeDelta(member, finish: "null", to: &output)
        case .finish(let reason): writeDelta("", finish: "\"\(reason)\"", to: &output)
        case .usage: write(json: prefix + "[],\(usage)}", to: &output)
        case .event(let json): write(json: json, to: &output)
        case .raw(let bytes): frame(bytes.span, to: &output)
        case .done: write(json: "[DONE]", to: &output)
        case .end:
            flush(to: &output)
            ChunkWriter.last(to: &output)
        case .pause, .stall, .cut, .close: flush(to: &output)
        }
    }

    private var prefix: String {
        #"{"id":"\#(id)","object":"chat.completion.chunk","created":1782000000,"#
            + #""model":"\#(reply.model)","choices":"#
    }

    private var usage: String {
        let total = reply.promptTokenCount + textCount
        return #""usage":{"prompt_tokens":\#(reply.promptTokenCount),"#
            + #""completion_tokens":\#(textCount),"total_tokens":\#(total)},"cost":0"#
    }

    private mutating func writeDelta(
        _ member: String, finish: String, to output: inout Buffer
    ) {
        let choice = #"[{"index":0,"delta":{\#(member)},"finish_reason":\#(finish)}]}"#
        write(json: prefix + choice, to: &output)
    }

    /// One member of a delta with its text sealed.
    private mutating func sealed<Source: Entropy>(
        _ field: ReplyStep.Field, _ bytes: [UInt8], _ damage: ReplyStep.Damage,
        entropy: inout Source
    ) throws(E2EEError) -> String {
        var member = Buffer()
        guard let key = reply.clientKey, damage != .clearText else {
            member.append(jsonString: bytes.span)
            return #""\#(field.rawValue)":"# + member.readable.text
        }
        if damage != .repeated {
            let target =
                damage == .wrongKey ? try PrivateKey(from: &entropy).publicKey : key
            var envelope = Buffer()
            try Envelope.seal(bytes.span, to: target, from: &entropy, into: &envelope)
            lastEnvelope = envelope.readable.array
        }
        switch damage {
        case .alteredTag:
            let end = lastEnvelope.count - 1
            lastEnvelope[end] = lastEnvelope[end] == .ascii("0") ? .ascii("1") : .ascii("0")
        case .tooShort: lastEnvelope = Array(lastEnvelope.prefix(184))
        default: break
        }
        return #""\#(field.rawValue)":"\#(lastEnvelope.span.text)""#
    }

    private mutating func write(json: String, to output: inout Buffer) {
        event.clear()
        let ending: StaticString = reply.endsLinesWithReturns ? "\r\n\r\n" : "\n\n"
        event.append("data: ")
        event.append(json)
        event.append(ending)
        var event = Buffer()
        swap(&event, &self.event)
        frame(event.readable, to: &output)
        swap(&event, &self.event)
    }

    /// Lays bytes of the body over chunks.
    private mutating func frame(_ bytes: Span<UInt8>, to output: inout Buffer) {
        switch reply.framing {
        case .byEvent: ChunkWriter.chunk(bytes, to: &output)
        case .byByte:
            for index in 0..<bytes.count {
                ChunkWriter.chunk(bytes.extracting(index..<(index + 1)), to: &output)
            }
        case .gathered: gathered.append(bytes)
        }
    }

    private mutating func flush(to output: inout Buffer) {
        guard !gathered.isEmpty else { return }
        ChunkWriter.chunk(gathered.readable, to: &output)
        gathered.clear()
    }
}
