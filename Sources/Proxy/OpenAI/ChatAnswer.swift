import Bytes

/// A stream folded into one answer, for a client that did not ask for a stream.
struct ChatAnswer: ~Copyable {
    private var fields = AnswerFields()

    var byteCount: Int { fields.byteCount }

    mutating func append(_ piece: borrowing AnswerFields) {
        piece.append(to: &fields)
    }

    /// Appends the `chat.completion` object.
    func write(
        _ name: AnswerName, finish: FinishReason, usage: Usage?, to output: inout Buffer
    ) {
        name.write("chat.completion", to: &output)
        output.append("[{\"index\":0,\"message\":{\"role\":\"assistant\",")
        fields.writeMembers(to: &output, withEmptyContent: true)
        output.append(",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"")
        output.append(finish.rawValue)
        output.append("\"}]")
        if let usage {
            output.append(",\"usage\":")
            usage.write(to: &output)
        }
        output.append("}" as StaticString)
    }
}
