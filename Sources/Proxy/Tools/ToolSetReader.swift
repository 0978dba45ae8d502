import Bytes

/// Reads the declarations of a request, in the newer fields or the older.
struct ToolSetReader {
    /// `tools` and `tool_choice`, or `functions` and `function_call`.
    var tools: JSONValue?
    var toolChoice: JSONValue?
    var functions: JSONValue?
    var functionCall: JSONValue?
    var allowsParallelCalls = true

    /// Nil where no function may be called.
    /// - Throws: a 400 that names the field at fault.
    func read(in body: Span<UInt8>) throws(APIError) -> ToolSet? {
        let isOld = Self.isGiven(functions) || Self.isGiven(functionCall)
        guard !isOld || !(Self.isGiven(tools) || Self.isGiven(toolChoice)) else {
            throw .badRequest(
                "invalid_value",
                "'functions' and 'function_call' cannot be given beside 'tools' and 'tool_choice'.",
                param: Self.isGiven(functions) ? "functions" : "function_call")
        }
        let field = isOld ? "functions" : "tools"
        let declared = try declarations(isOld ? functions : tools, field, isOld, in: body)
        let param = isOld ? "function_call" : "tool_choice"
        let wish = isOld ? functionCall : toolChoice
        guard let choice = try choice(wish, declared, param, isOld, in: body) else { return nil }
        guard !declared.isEmpty else {
            guard choice == .auto else {
                throw .badRequest("invalid_value", "'\(param)' needs functions.", param: param)
            }
            return nil
        }
        return ToolSet(
            tools: declared, choice: choice, isSingle: isOld || !allowsParallelCalls,
            isLegacy: isOld)
    }

    private static func isGiven(_ value: JSONValue?) -> Bool {
        value != nil && value?.kind != .null
    }

    private func declarations(
        _ value: JSONValue?, _ field: String, _ isOld: Bool, in body: Span<UInt8>
    ) throws(APIError) -> [Tool] {
        guard let value, value.kind != .null else { return [] }
        guard value.kind == .array else {
            throw .badRequest("invalid_type", "'\(field)' must be an array.", param: field)
        }
        var tools: [Tool] = []
        var schemaByteCount = 0
        var schemaValueCount = 0
        try value.forEachElement(in: body) { (element) throws(APIError) in
            let path = "\(field)[\(tools.count)]"
            guard tools.count < ToolSet.countMax else {
                throw .badRequest(
                    "too_many_tools", "At most \(ToolSet.countMax) functions can be declared.",
                    param: field)
            }
            let function = isOld ? element : try Self.function(in: element, path, in: body)
            let functionPath = isOld ? path : "\(path).function"
            let name = try Self.readName(of: function, functionPath, in: body)
            schemaByteCount += function.member("parameters", in: body)?.range.count ?? 0
            guard schemaByteCount <= ToolSet.schemaByteCountMax else {
                throw .badRequest(
                    "invalid_schema",
                    "The schemas of all functions have more than \(ToolSet.schemaByteCountMax) bytes.",
                    param: field)
            }
            let isKnown = tools.contains { $0.name.equals(name.readable) }
            guard !isKnown else {
                throw .badRequest(
                    "invalid_value", "A function of this name is declared already.", param: path)
            }
            let tool = try Self.tool(name, function, functionPath, in: body)
            schemaValueCount += tool.parameters?.valueCount ?? 0
            guard schemaValueCount <= ToolSet.schemaValueCountMax else {
                throw .badRequest(
                    "invalid_schema",
                    "The schemas of all functions have more than \(ToolSet.schemaValueCountMax) parts.",
                    param: field)
            }
            tools.append(tool)
        }
        return tools
    }

    private static func function(
        in element: JSONValue, _ path: String, in body: Span<UInt8>
    ) throws(APIError) -> JSONValue {
        guard let type = element.member("type", in: body), type.kind == .string else {
            throw .badRequest("invalid_type", "A tool needs a type.", param: path)
        }
        guard type.says("function", in: body) else {
            throw .refusedField("\(path).type", "Only tools of the type function can be sealed.")
        }
        guard let function = element.member("function", in: body) else {
            throw .badRequest("invalid_type", "A tool needs a function.", param: path)
        }
        return function
    }

    private static func tool(
        _ name: consuming Buffer, _ function: JSONValue, _ path: String, in body: Span<UInt8>
    ) throws(APIError) -> Tool {
        var declaration = Buffer()
        declaration.append(#"{"name":"#)
        declaration.append(jsonString: name)
        if let text = function.member("description", in: body), text.kind != .null {
            guard text.kind == .string else {
                throw .badRequest(
                    "invalid_type", "A description is a string.", param: "\(path).description")
            }
            declaration.append(#","description":"#)
            declaration.append(body.extracting(text.range))
        }
        var schema: JSONSchema?
        if let parameters = function.member("parameters", in: body), parameters.kind != .null {
            guard parameters.kind == .object else {
                throw .badRequest(
                    "invalid_type", "The parameters are a JSON Schema.",
                    param: "\(path).parameters")
            }
            schema = try JSONSchema.read(parameters, param: "\(path).parameters", in: body)
            declaration.append(#","parameters":"#)
            parameters.appendCompact(in: body, to: &declaration)
        }
        declaration.append("}" as StaticString)
        return Tool(name: name, declaration: declaration, parameters: schema)
    }

    /// A name of letters, digits, `_` and `-`.
    private static func readName(
        of function: JSONValue, _ path: String, in body: Span<UInt8>
    ) throws(APIError) -> Buffer {
        guard function.kind == .object, let value = function.member("name", in: body) else {
            throw .badRequest("invalid_type", "A function needs a name.", param: path)
        }
        var name = Buffer()
        if value.kind == .string { JSONString.decode(value, in: body, to: &name) }
        var isPlain = 1...ToolSet.nameByteCountMax ~= name.count
        for index in 0..<name.count {
            let byte = name.readable[index]
            let isMark = byte == .ascii("_") || byte == .ascii("-")
            if !byte.isLetter, !byte.isDigit, !isMark { isPlain = false }
        }
        guard isPlain else {
            throw .badRequest(
                "invalid_value",
                "A function's name has 1 to \(ToolSet.nameByteCountMax) letters, digits, _ and -.",
                param: "\(path).name")
        }
        return name
    }

    /// Nil for none.
    private func choice(
        _ value: JSONValue?, _ tools: [Tool], _ param: String, _ isOld: Bool,
        in body: Span<UInt8>
    ) throws(APIError) -> ToolSet.Choice? {
        guard let value, value.kind != .null else { return .auto }
        if value.says("none", in: body) { return nil }
        if value.says("auto", in: body) { return .auto }
        if !isOld, value.says("required", in: body) { return .required }
        let holder = isOld ? value : value.member("function", in: body)
        if let name = holder?.member("name", in: body), name.kind == .string {
            var text = Buffer()
            JSONString.decode(name, in: body, to: &text)
            let named = tools.firstIndex { $0.name.equals(text.readable) }
            if let named { return .named(named) }
            throw .badRequest("invalid_value", "'\(param)' names no function.", param: param)
        }
        throw .badRequest(
            "invalid_value",
            isOld
                ? "'function_call' must be none, auto or name a function."
                : "'tool_choice' must be none, auto, required or name a function.",
            param: param)
    }
}
