import Bytes
import E2EE

/// Writes the sealed request: the way of a prompt from the client's body to the provider's.
///
/// Nothing of the client's body is copied in clear but values the allow-list names. Every
/// `content`, of every role, is sealed; the provider would refuse one in clear, and an assistant's
/// turn tells as much as a user's. What the sealed path has no place for is written into those
/// texts: declared functions and the form of the answer into the first system message, calls into
/// the assistant's turn, their results into a user's. Source: protocol of the provider's E2EE
/// guide, and of the gateway that opens it.
enum RequestPath {
    /// Appends the provider's request body for `request`, which was read from `body`, to `output`.
    /// - `corrections`: turns that follow the client's own.
    /// - `texts`: how the conversation is written for the model.
    static func write<E: Entropy>(
        _ request: ChatRequest, from body: Span<UInt8>, corrections: [Correction] = [],
        texts: MessageTexts, sealer: inout Sealer, entropy: inout E, to output: inout Buffer
    ) throws(E2EEError) {
        output.append("{\"model\":")
        output.append(jsonString: request.model)
        output.append(",\"messages\":[")
        var rules = Buffer()
        if let plan = request.plan { texts.write(plan, to: &rules) }
        var isFirst = true
        if !rules.isEmpty, request.messages[0].role != .system {
            try write(.system, rules, &isFirst, &sealer, &entropy, to: &output)
            rules.clear()
        }
        var index = 0
        while index < request.messages.count {
            let message = request.messages[index]
            var text = Buffer()
            if message.role == .tool {
                let start = index
                while index < request.messages.count, request.messages[index].role == .tool {
                    index += 1
                }
                texts.write(results: request.messages[start..<index], from: body, to: &text)
                try write(.user, text, &isFirst, &sealer, &entropy, to: &output)
                continue
            }
            texts.write(message, adding: rules.readable, from: body, to: &text)
            rules.clear()
            try write(message.role, text, &isFirst, &sealer, &entropy, to: &output)
            index += 1
        }
        for correction in corrections {
            var said = Buffer()
            said.append(correction.said)
            MessageTexts.keepAsText(&said)
            try write(.assistant, said, &isFirst, &sealer, &entropy, to: &output)
            try write(.user, correction.told, &isFirst, &sealer, &entropy, to: &output)
        }
        writeParameters(request, from: body, to: &output)
    }

    private static func write<E: Entropy>(
        _ role: ChatMessage.Role, _ text: borrowing Buffer, _ isFirst: inout Bool,
        _ sealer: inout Sealer, _ entropy: inout E, to output: inout Buffer
    ) throws(E2EEError) {
        if !isFirst { output.append(.comma) }
        isFirst = false
        output.append("{\"role\":\"")
        output.append(role.rawValue)
        output.append("\",\"content\":\"")
        try sealer.seal(text.readable, entropy: &entropy, into: &output)
        output.append("\"}")
    }

    private static func writeParameters(
        _ request: ChatRequest, from body: Span<UInt8>, to output: inout Buffer
    ) {
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
}
