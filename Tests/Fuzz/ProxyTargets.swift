import Bytes

@testable import E2EE
@testable import Proxy

enum ProxyTargets {
    private nonisolated(unsafe) static var entropy = SystemEntropy()

    /// A request that is accepted is written as JSON that can be read, with nothing in clear but
    /// values of the allow-list.
    static func chatRequest(_ input: [UInt8]) {
        guard let request = try? ChatRequest(input.span),
            let key = try? PrivateKey(from: &entropy).publicKey
        else { return }
        let verified = VerifiedKey(
            model: request.model, key: key, expiresAt: .max, scope: .gateway)
        var output = Buffer()
        do {
            var sealer = try Sealer(to: verified, entropy: &entropy)
            try RequestPath.write(
                request, from: input.span, texts: MessageTexts(format: .of(model: request.model)),
                sealer: &sealer,
                entropy: &entropy, to: &output)
            try JSONDocument.check(output.readable)
        } catch {
            preconditionFailure("an accepted request that cannot be written: \(error)")
        }
        let allowed: Set<String> = [
            "model", "messages", "stream", "stream_options", "temperature", "top_p", "max_tokens",
            "max_completion_tokens", "frequency_penalty", "presence_penalty", "seed",
            "reasoning_effort", "venice_parameters",
        ]
        let root = JSONDocument.root(of: output.readable)
        root?.forEachMember(in: output.readable) { name, _ in
            let text = JSONString.text(name, in: output.readable)
            precondition(allowed.contains(text), "a field that must not leave")
        }
    }

    /// The fields found in a chunk lie inside it.
    static func chatChunk(_ input: [UInt8]) {
        guard let chunk = try? ChatChunk(input.span) else { return }
        for value in [
            chunk.content, chunk.reasoning, chunk.reasoningContent, chunk.finish, chunk.id,
        ] {
            guard let value else { continue }
            precondition(value.range.upperBound <= input.count, "beyond the chunk")
        }
        if let finish = chunk.finish { _ = try? FinishReason(finish, in: input.span) }
        if let usage = chunk.usage { _ = Usage(usage, in: input.span) }
    }

    static func catalogue(_ input: [UInt8]) {
        guard let models = CatalogueModel.list(in: input.span) else { return }
        var output = Buffer()
        CatalogueModel.write(models, to: &output)
        do throws(JSONError) { try JSONDocument.check(output.readable) } catch {
            preconditionFailure("a catalogue that is not JSON: \(error)")
        }
    }
}
