import Bytes

/// A request to a model that was asked for as `tee-NAME`: the enclave runs it, and its evidence is
/// verified as ever, but it is not sealed. The provider's front end reads the request and the
/// answer. Source: protocol of the provider's TEE models, section 6 of our notes.
struct ClearRequest {
    /// What the name of a model begins with that is asked for in this mode.
    static let prefix = "tee-"

    /// The name without the prefix.
    let model: String
    let isStreaming: Bool
    /// As many choices the provider was asked for.
    let choiceCount: Int

    /// Nil for a request that is to be sealed.
    /// - `body`: a text that `JSONDocument.check` has passed.
    /// - Throws: a 400 for a request that cannot be sent as it is.
    init?(_ root: JSONValue, in body: Span<UInt8>) throws(APIError) {
        guard let name = root.member("model", in: body)?.text(in: body),
            name.hasPrefix(Self.prefix)
        else { return nil }
        model = String(name.dropFirst(Self.prefix.count))
        switch root.member("stream", in: body)?.kind {
        case .bool(let isOn): isStreaming = isOn
        case .null, nil: isStreaming = false
        default:
            throw .badRequest("invalid_type", "'stream' must be a boolean.", param: "stream")
        }
        choiceCount = root.member("n", in: body)?.decimal(in: body) ?? 1
        let parameters = root.member("venice_parameters", in: body)
        guard parameters == nil || parameters?.kind == .null || parameters?.kind == .object else {
            throw .badRequest(
                "invalid_type", "'venice_parameters' must be an object.",
                param: "venice_parameters")
        }
    }

    /// Appends the provider's request body: the client's, with the model's own name and encryption
    /// switched off.
    func write(from body: Span<UInt8>, to output: inout Buffer) {
        guard let root = JSONDocument.root(of: body) else { return }
        output.append("{\"model\":")
        output.append(jsonString: model)
        var parameters: JSONValue?
        root.forEachMember(in: body) { key, value in
            if JSONString.matches(key, "model", in: body) { return }
            if JSONString.matches(key, "venice_parameters", in: body) {
                parameters = value
                return
            }
            output.append(.comma)
            output.append(body.extracting(key.range))
            output.append(.colon)
            output.append(body.extracting(value.range))
        }
        output.append(",\"venice_parameters\":{\"enable_e2ee\":false")
        var speaksForItself = false
        parameters?.forEachMember(in: body) { key, value in
            if JSONString.matches(key, "enable_e2ee", in: body) { return }
            let isPrompt = JSONString.matches(key, "include_venice_system_prompt", in: body)
            speaksForItself = speaksForItself || isPrompt
            output.append(.comma)
            output.append(body.extracting(key.range))
            output.append(.colon)
            output.append(body.extracting(value.range))
        }
        if !speaksForItself { output.append(",\"include_venice_system_prompt\":false") }
        output.append("}}")
    }
}

extension APIError {
    /// The operator has not allowed what is not encrypted.
    static let clearRefused = APIError(
        403, .permission, "tee_mode_off",
        "A model asked for as tee-NAME gets requests that the provider's front end can read. "
            + "This proxy does not allow that; its operator can, with --allow-tee.",
        param: "model")
}
