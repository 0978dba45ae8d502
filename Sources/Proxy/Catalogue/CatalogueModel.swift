import Bytes

/// One model of the provider's catalogue that can be end-to-end encrypted.
struct CatalogueModel: Equatable {
    var id: String
    var created = 0
    var name: String?
    var contextTokens: Int?
    var completionTokensMax: Int?
    /// US dollars for a million tokens, as the provider writes the number.
    var inputPrice: String?
    var outputPrice: String?
    var canSee = false
    var canHear = false
    var canReason = false
    /// Asked for by the name for what is not sealed.
    var isInClear = false

    /// The models of a catalogue; nil where `body` is none.
    static func list(in body: Span<UInt8>) -> [CatalogueModel]? {
        do throws(JSONError) { try JSONDocument.check(body) } catch { return nil }
        guard let data = JSONDocument.root(of: body)?.member("data", in: body),
            data.kind == .array
        else { return nil }
        var models: [CatalogueModel] = []
        data.forEachElement(in: body) { element in
            if let model = CatalogueModel(element, in: body) { models.append(model) }
        }
        return models
    }

    /// Nil for a model that cannot be encrypted to.
    private init?(_ value: JSONValue, in body: Span<UInt8>) {
        // A name that begins like those for what is not sealed would be taken for one.
        guard let id = value.member("id", in: body)?.text(in: body), Self.isName(id),
            !id.hasPrefix(ClearRequest.prefix),
            let specification = value.member("model_spec", in: body),
            let capabilities = specification.member("capabilities", in: body),
            capabilities.member("supportsE2EE", in: body)?.kind == .bool(true)
        else { return nil }
        if let type = value.member("type", in: body), !type.says("text", in: body) { return nil }
        self.id = id
        created = value.member("created", in: body)?.decimal(in: body) ?? 0
        name = specification.member("name", in: body)?.text(in: body)
        contextTokens =
            specification.member("availableContextTokens", in: body)?.decimal(in: body)
            ?? value.member("context_length", in: body)?.decimal(in: body)
        completionTokensMax =
            specification.member("maxCompletionTokens", in: body)?.decimal(in: body)
        let pricing = specification.member("pricing", in: body)
        inputPrice = Self.price(pricing?.member("input", in: body), in: body)
        outputPrice = Self.price(pricing?.member("output", in: body), in: body)
        canSee = capabilities.member("supportsVision", in: body)?.kind == .bool(true)
        canHear = capabilities.member("supportsAudioInput", in: body)?.kind == .bool(true)
        canReason = capabilities.member("supportsReasoning", in: body)?.kind == .bool(true)
    }

    /// Visible ASCII: such a name can stand in a log line, and no other name equals it.
    private static func isName(_ id: String) -> Bool {
        !id.isEmpty && id.utf8.allSatisfy { 0x21...0x7E ~= $0 }
    }

    private static func price(_ value: JSONValue?, in body: Span<UInt8>) -> String? {
        guard let usd = value?.member("usd", in: body), usd.kind == .number else { return nil }
        return body.extracting(usd.range).text
    }

    /// The model by the name for requests that are not sealed.
    var inClear: CatalogueModel {
        var model = self
        model.id = ClearRequest.prefix + id
        model.isInClear = true
        return model
    }

    /// The model by every name it can be asked for.
    func names(_ allowsClear: Bool) -> [CatalogueModel] { allowsClear ? [self, inClear] : [self] }

    /// Appends the model as OpenAI's clients read it, with what else is known of it.
    func write(to output: inout Buffer) {
        output.append("{\"id\":")
        output.append(jsonString: id)
        output.append(",\"object\":\"model\",\"created\":")
        output.append(decimal: created)
        output.append(",\"owned_by\":\"venice.ai\"")
        if let name {
            output.append(",\"name\":")
            output.append(jsonString: name)
        }
        if let contextTokens {
            output.append(",\"context_length\":")
            output.append(decimal: contextTokens)
        }
        if let completionTokensMax {
            output.append(",\"max_completion_tokens\":")
            output.append(decimal: completionTokensMax)
        }
        if let inputPrice, let outputPrice {
            output.append(",\"pricing\":{\"unit\":\"USD per million tokens\",\"input\":")
            output.append(inputPrice)
            output.append(",\"output\":")
            output.append(outputPrice)
            output.append("}" as StaticString)
        }
        output.append(",\"capabilities\":{\"e2ee\":")
        output.append(isInClear ? "false" : "true" as StaticString)
        output.append(",\"vision\":")
        output.append(canSee ? "true" : "false" as StaticString)
        output.append(",\"audio\":")
        output.append(canHear ? "true" : "false" as StaticString)
        output.append(",\"reasoning\":")
        output.append(canReason ? "true" : "false" as StaticString)
        output.append("}}")
    }

    /// Appends the list of `models` in OpenAI's shape.
    static func write(_ models: [CatalogueModel], to output: inout Buffer) {
        output.append("{\"object\":\"list\",\"data\":[")
        for (index, model) in models.enumerated() {
            if index > 0 { output.append(.comma) }
            model.write(to: &output)
        }
        output.append("]}")
    }
}
