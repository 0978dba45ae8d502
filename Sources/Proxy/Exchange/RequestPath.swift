import Bytes
import E2EE

/// Writes the sealed request: the way of a prompt from the client's body to the provider's.
///
/// Nothing of the client's body is copied in clear but values the allow-list names. Every
/// `content`, of every role, is sealed; the provider would refuse one in clear, and an assistant's
/// turn tells as much as a user's. Source: protocol of the provider's E2EE guide, and of the
/// gateway that opens it.
enum RequestPath {
    /// Appends the provider's request body for `request`, which was read from `body`, to `output`.
    static func write<E: Entropy>(
        _ request: ChatRequest, from body: Span<UInt8>, sealer: inout Sealer, entropy: inout E,
        to output: inout Buffer
    ) throws(E2EEError) {
        output.append("{\"model\":")
        output.append(jsonString: request.model)
        output.append(",\"messages\":[")
        for (index, message) in request.messages.enumerated() {
            if index > 0 { output.append(.comma) }
            output.append("{\"role\":\"")
            output.append(message.role.rawValue)
            output.append("\",\"content\":\"")
            var text = Buffer()
            write(message.content, from: body, to: &text)
            try sealer.seal(text.readable, entropy: &entropy, into: &output)
            output.append("\"}")
        }
        output.append("],\"stream\":true,\"stream_options\":{\"include_usage\":true}")
        for parameter in request.forwarded {
            output.append(",\"")
            output.append(parameter.name)
            output.append("\":")
            output.append(body.extracting(parameter.value))
        }
        output.append(
            ",\"venice_parameters\":{\"include_venice_system_prompt\":false,\"enable_web_search\":\"off\"}}"
        )
    }

    /// Appends the text that will be sealed.
    private static func write(
        _ content: ChatMessage.Content, from body: Span<UInt8>, to text: inout Buffer
    ) {
        switch content {
        case .empty: return
        case .text(let value):
            JSONString.decode(value, in: body, to: &text)
            guard isTakenForArray(text.readable) else { return }
            // The enclave restores a text that parses as an array to a content array; sent as the
            // one part of an array it stays a text.
            text.clear()
            write([.text(value)], from: body, to: &text)
        case .parts(let parts):
            write(parts, from: body, to: &text)
        }
    }

    /// Whether the enclave might read `text` as a JSON array. Readers differ in what they take for
    /// one, so an opening bracket is enough.
    private static func isTakenForArray(_ text: Span<UInt8>) -> Bool {
        var index = 0
        while index < text.count, text[index] <= .space { index += 1 }
        return index < text.count && text[index] == .ascii("[")
    }

    private static func write(
        _ parts: [ChatMessage.Part], from body: Span<UInt8>, to text: inout Buffer
    ) {
        text.append(.ascii("["))
        for (index, part) in parts.enumerated() {
            if index > 0 { text.append(.comma) }
            switch part {
            case .text(let value):
                text.append("{\"type\":\"text\",\"text\":")
                text.append(body.extracting(value.range))
                text.append("}" as StaticString)
            case .image(let url, let detail):
                text.append("{\"type\":\"image_url\",\"image_url\":{\"url\":")
                text.append(body.extracting(url.range))
                if let detail {
                    text.append(",\"detail\":")
                    text.append(body.extracting(detail.range))
                }
                text.append("}}")
            }
        }
        text.append(.ascii("]"))
    }
}
