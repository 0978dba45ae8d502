import Bytes

/// A call as a model wrote it, read and judged. Nothing is guessed: what is not written in one of
/// the two forms, names no declared function or has arguments its schema does not allow is no call.
///
/// Read as meant, because it can mean nothing else: white space around names, keys and JSON;
/// `parameters` for `arguments`; arguments that are the JSON text of an object, in a string; none
/// at all for `{}`; the wrapping `{"type":"function","function":{…}}`; either form in every family.
struct ToolCall: ~Copyable {
    /// Of the declared function.
    let index: Int
    /// One JSON object: as the model wrote it, or made of its pairs.
    let arguments: Buffer

    /// - `work`: what may still be spent on schemas in this answer.
    /// - `place`: gets what is wrong where with the arguments, for the model.
    /// - Throws: what is wrong with the call.
    init(
        _ body: Span<UInt8>, of tools: ToolSet, work: inout SchemaWork, place: inout Buffer
    ) throws(OutputFault) {
        let text = body.extracting(body.withoutBlanks)
        var arguments = Buffer()
        let index: Int
        if text.first == .ascii("{") {
            index = try Self.readJSON(text, of: tools, to: &arguments)
        } else {
            index = try Self.readPairs(text, of: tools, work: &work, to: &arguments)
        }
        let tool = tools.tools[index]
        let fault = Self.fault(in: arguments.readable, of: tool, work: &work, place: &place)
        if let fault { throw fault }
        self.index = index
        self.arguments = arguments
    }

    private static func fault(
        in arguments: Span<UInt8>, of tool: Tool, work: inout SchemaWork, place: inout Buffer
    ) -> OutputFault? {
        guard let root = JSONDocument.root(of: arguments), root.kind == .object else {
            return .badCall
        }
        guard let schema = tool.parameters else { return nil }
        let verdict = work.verdict(of: schema, on: root, in: arguments)
        guard verdict != .valid else { return nil }
        schema.write(verdict, in: arguments, to: &place)
        return .arguments
    }

    private static func allowed(
        _ name: Span<UInt8>, in tools: ToolSet
    ) throws(OutputFault) -> Int {
        guard let index = tools.index(of: name), tools.allows(index) else {
            throw .unknownFunction
        }
        return index
    }

    // MARK: JSON

    private static func readJSON(
        _ text: Span<UInt8>, of tools: ToolSet, to arguments: inout Buffer
    ) throws(OutputFault) -> Int {
        guard let root = JSONDocument.checkedRoot(of: text) else { throw .badCall }
        var members = CallMembers(root, in: text)
        if let function = members.function, members.name == nil {
            guard function.kind == .object else { throw .badCall }
            let isBare = members.arguments == nil && members.parameters == nil
            guard isBare, !members.hasOthers else { throw .badCall }
            members = CallMembers(function, in: text)
            guard members.function == nil else { throw .badCall }
        }
        guard !members.hasOthers, let name = members.name, name.kind == .string,
            members.function == nil, members.arguments == nil || members.parameters == nil
        else { throw .badCall }
        try write(members.arguments ?? members.parameters, in: text, to: &arguments)
        var nameText = Buffer()
        JSONString.decode(name, in: text, to: &nameText)
        return try allowed(nameText.readable, in: tools)
    }

    private struct CallMembers {
        var name: JSONValue?
        var arguments: JSONValue?
        var parameters: JSONValue?
        var function: JSONValue?
        var hasOthers = false

        init(_ object: JSONValue, in text: Span<UInt8>) {
            object.forEachMember(in: text) { key, value in take(key, value, in: text) }
        }

        private mutating func take(_ key: JSONValue, _ value: JSONValue, in text: Span<UInt8>) {
            if JSONString.matches(key, "name", in: text) {
                name = value
            } else if JSONString.matches(key, "arguments", in: text) {
                arguments = value
            } else if JSONString.matches(key, "parameters", in: text) {
                parameters = value
            } else if JSONString.matches(key, "function", in: text) {
                function = value
            } else if JSONString.matches(key, "type", in: text) {
                if !value.says("function", in: text) { hasOthers = true }
            } else if !JSONString.matches(key, "id", in: text) {
                hasOthers = true
            }
        }
    }

    private static func write(
        _ value: JSONValue?, in text: Span<UInt8>, to arguments: inout Buffer
    ) throws(OutputFault) {
        switch value?.kind {
        case nil: arguments.append("{}")
        case .object: arguments.append(text.extracting(value!.range))
        case .string:
            JSONString.decode(value!, in: text, to: &arguments)
            guard JSONDocument.checkedRoot(of: arguments.readable) != nil else { throw .badCall }
        default: throw .badCall
        }
    }

    // MARK: Pairs

    private static func readPairs(
        _ text: Span<UInt8>, of tools: ToolSet, work: inout SchemaWork,
        to arguments: inout Buffer
    ) throws(OutputFault) -> Int {
        let nameEnd = text.firstRange(of: "<arg_key>")?.lowerBound ?? text.count
        let head = text.extracting(0..<nameEnd)
        let name = head.extracting(head.withoutBlanks)
        // A tag that is none: where this call ends is not known.
        guard name.firstIndex(of: .ascii("<")) == nil else { throw .badCall }
        let index = try allowed(name, in: tools)
        let tool = tools.tools[index]
        var offset = nameEnd
        arguments.append(.ascii("{"))
        while offset < text.count {
            let key = try element("<arg_key>", "</arg_key>", from: &offset, in: text)
            let value = try element("<arg_value>", "</arg_value>", from: &offset, in: text)
            if arguments.count > 1 { arguments.append(.comma) }
            let keyText = text.extracting(key)
            let name = keyText.extracting(keyText.withoutBlanks)
            arguments.append(jsonString: name)
            arguments.append(.colon)
            try write(text.extracting(value), as: name, of: tool, work: &work, to: &arguments)
            offset += text.extracting(offset..<text.count).blankCount
        }
        arguments.append("}" as StaticString)
        // A key that stands there twice is found here.
        guard JSONDocument.checkedRoot(of: arguments.readable) != nil else { throw .badCall }
        return index
    }

    /// What stands between the tags, which begin at `offset` or after white space.
    private static func element(
        _ open: StaticString, _ close: StaticString, from offset: inout Int, in text: Span<UInt8>
    ) throws(OutputFault) -> Range<Int> {
        offset += text.extracting(offset..<text.count).blankCount
        guard text.extracting(offset..<text.count).starts(with: open) else { throw .badCall }
        let start = offset + open.utf8CodeUnitCount
        guard let end = text.firstRange(of: close, from: start) else { throw .badCall }
        offset = end.upperBound
        return start..<end.lowerBound
    }

    /// Appends a value: the text itself or the JSON it holds, whichever the schema allows.
    private static func write(
        _ value: Span<UInt8>, as key: Span<UInt8>, of tool: Tool, work: inout SchemaWork,
        to arguments: inout Buffer
    ) throws(OutputFault) {
        var string = Buffer()
        string.append(jsonString: value)
        let json = value.extracting(value.withoutBlanks)
        let canBeText = allows(string.readable, as: key, of: tool, work: &work)
        let canBeJSON = allows(json, as: key, of: tool, work: &work)
        guard canBeText != canBeJSON else { throw .ambiguousArgument }
        // Two pairs, where the first has no end, or a text about pairs.
        guard value.firstRange(of: "<arg_key>") == nil else { throw .ambiguousArgument }
        if canBeText { arguments.append(string) } else { arguments.append(json) }
    }

    private static func allows(
        _ json: Span<UInt8>, as key: Span<UInt8>, of tool: Tool, work: inout SchemaWork
    ) -> Bool {
        guard let root = JSONDocument.checkedRoot(of: json) else { return false }
        guard let schema = tool.parameters else { return true }
        return work.verdict(of: schema, on: root, asMember: key, in: json) == .valid
    }
}
