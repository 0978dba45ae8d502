import Bytes

/// The syntax in which a family of models was trained to call functions: what it is told, and how
/// calls and results of a conversation so far are shown to it. One file a family in `Formats`.
///
/// The syntax is that of the families' own chat templates; the words around it are ours. What a
/// model answers is read the same way for all of them, by `CallFinder` and `ToolCall`.
struct ToolFormat: Sendable {
    let name: String
    /// Parts of model names, in lower case, by which a family is known; none for the last resort.
    private let models: [String]
    private let prompt: Template
    private let single: Template
    private let required: Template
    private let named: Template
    private let call: Template
    private let pair: Template
    private let result: Template

    static let all: [ToolFormat] = [
        ToolFormat(PackageResources.glm_json), ToolFormat(PackageResources.qwen_json),
        ToolFormat(PackageResources.hermes_json),
    ]

    /// The family of a model, by its name.
    static func of(model: String) -> ToolFormat {
        let model = model.lowercased()
        let known = all.first { format in format.models.contains { model.contains($0) } }
        return known ?? all[all.count - 1]
    }

    static func named(_ name: String) -> ToolFormat? { all.first { $0.name == name } }

    /// - `json`: a file of ours; a fault in it is found by the first test.
    private init(_ json: [UInt8]) {
        let bytes = json.span
        guard let root = JSONDocument.root(of: bytes) else {
            preconditionFailure("a format that is not JSON")
        }
        func text(_ member: StaticString) -> String {
            root.member(member, in: bytes)?.text(in: bytes) ?? ""
        }
        func texts(_ member: StaticString) -> [String] {
            var texts: [String] = []
            root.member(member, in: bytes)?.forEachElement(in: bytes) { element in
                texts.append(element.text(in: bytes) ?? "")
            }
            return texts
        }
        name = text("name")
        models = texts("models")
        prompt = Template(texts("prompt").joined(separator: "\n"))
        single = Template(text("single"))
        required = Template(text("required"))
        named = Template(text("named"))
        call = Template(text("call"))
        pair = Template(text("pair"))
        result = Template(text("result"))
    }

    /// Appends what the model is told of `tools`.
    func write(_ tools: ToolSet, to output: inout Buffer) {
        prompt.write(to: &output) { slot, output in
            guard slot == .tools else { return }
            for (index, tool) in tools.tools.enumerated() {
                if index > 0 { output.append(.lineFeed) }
                output.append(#"{"type":"function","function":"#)
                output.append(tool.declaration)
                output.append("}" as StaticString)
            }
        }
        switch tools.choice {
        case .auto: break
        case .required: writeRule(required, nil, to: &output)
        case .named(let index): writeRule(named, tools.tools[index], to: &output)
        }
        if tools.isSingle { writeRule(single, nil, to: &output) }
    }

    private func writeRule(_ rule: Template, _ tool: Tool?, to output: inout Buffer) {
        output.append(.lineFeed)
        rule.write(to: &output) { _, output in
            if let tool { output.append(tool.name) }
        }
    }

    /// Appends a call of the conversation so far.
    /// - `arguments`: a JSON object.
    func write(
        call name: Span<UInt8>, arguments: Span<UInt8>, to output: inout Buffer
    ) {
        let names = Buffer(name)
        let texts = Buffer(arguments)
        call.write(to: &output) { slot, output in
            switch slot {
            case .name: output.append(jsonString: names.readable)
            case .function: output.append(names.readable)
            case .arguments: output.append(texts.readable)
            case .pairs: writePairs(of: texts.readable, to: &output)
            default: break
            }
        }
    }

    /// Strings are written as they are, other values as JSON.
    private func writePairs(of arguments: Span<UInt8>, to output: inout Buffer) {
        guard let root = JSONDocument.root(of: arguments) else { return }
        root.forEachMember(in: arguments) { key, value in
            var keyText = Buffer()
            JSONString.decode(key, in: arguments, to: &keyText)
            var valueText = Buffer()
            if value.kind == .string {
                JSONString.decode(value, in: arguments, to: &valueText)
            } else {
                value.appendCompact(in: arguments, to: &valueText)
            }
            pair.write(to: &output) { slot, output in
                if slot == .key { output.append(keyText.readable) }
                if slot == .value { output.append(valueText.readable) }
            }
        }
    }

    /// Appends what a call gave.
    func write(result text: Span<UInt8>, to output: inout Buffer) {
        let texts = Buffer(text)
        result.write(to: &output) { slot, output in
            if slot == .result { output.append(texts.readable) }
        }
    }
}
