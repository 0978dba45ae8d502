import Bytes

/// Reads a schema into a program: every subschema that a value can meet, once.
struct SchemaReader: ~Copyable {
    var program: SchemaProgram
    var budget: WorkBudget
    /// The node of each entry that is one.
    private var nodes: [Int: Int] = [:]
    /// The entry of each node.
    private var entries: [Int] = []

    /// - Throws: as `JSONSchema.init`.
    static func read(_ schema: Span<UInt8>) throws(SchemaError) -> SchemaProgram {
        guard schema.count <= JSONSchema.byteCountMax else { throw .tooLarge }
        var budget = WorkBudget(stepCountMax: JSONSchema.readingStepCountMax)
        let index: ValueIndex
        do throws(ValueIndex.Failure) {
            // The place of the root does not matter: the index finds it behind white space.
            index = try ValueIndex(
                of: JSONValue(kind: .null, range: 0..<schema.count), in: schema,
                depthMax: JSONSchema.depthMax, budget: &budget)
        } catch {
            switch error {
            case .tooDeep: throw .tooDeep
            case .tooMuchWork: throw .tooLarge
            case .unreadable: throw .notASchema
            }
        }
        guard index.entries.count <= JSONSchema.valueCountMax else { throw .tooLarge }
        var reader = SchemaReader(SchemaProgram(schema, index: index), budget)
        _ = try reader.node(0, of: .never)
        var readCount = 0
        while readCount < reader.entries.count {
            try reader.readRules(of: readCount, in: schema)
            readCount += 1
        }
        try reader.program.checkChains()
        return reader.program
    }

    private init(_ program: consuming SchemaProgram, _ budget: WorkBudget) {
        self.program = program
        self.budget = budget
    }

    /// The node of a subschema, which is read later.
    /// - `keyword`: what holds it.
    mutating func node(_ entry: Int, of keyword: SchemaKeyword) throws(SchemaError) -> Int {
        switch program.index.entries[entry].kind {
        case .object, .bool: break
        default: throw keyword == .never ? .notASchema : .malformedKeyword(keyword)
        }
        if let node = nodes[entry] { return node }
        program.nodes.append(0..<0)
        nodes[entry] = program.nodes.count - 1
        entries.append(entry)
        return program.nodes.count - 1
    }

    mutating func spend(_ steps: Int = 1) throws(SchemaError) {
        do throws(JudgementStop) { try budget.spend(steps) } catch { throw .tooLarge }
    }

    private mutating func readRules(of node: Int, in schema: Span<UInt8>) throws(SchemaError) {
        let start = program.rules.count
        let entry = entries[node]
        let kind = program.index.entries[entry].kind
        if kind == .bool(false) { add(.never, entry, .never) }
        var found = FoundKeywords()
        for value in program.index.contents(of: entry) where kind == .object {
            try spend(SchemaKeyword.allCases.count / 8)
            if let keyword = keyword(value - 1, in: schema) { found[keyword] = value }
        }
        if !found.isEmpty {
            try readScalarRules(found, in: schema)
            try readArrayRules(found, in: schema)
            try readObjectRules(found, in: schema)
            try readCombinations(found, in: schema)
        }
        program.nodes[node] = start..<program.rules.count
    }

    /// The keyword that the name at `entry` is.
    private func keyword(_ entry: Int, in schema: Span<UInt8>) -> SchemaKeyword? {
        let name = program.index.entries[entry]
        guard name.isEscaped else { return SchemaKeyword(schema.extracting(name.value.inside)) }
        var text = Buffer()
        JSONString.decode(name.value, in: schema, to: &text)
        return SchemaKeyword(text.readable)
    }

    mutating func add(_ keyword: SchemaKeyword, _ source: Int, _ test: SchemaRule.Test) {
        program.rules.append(SchemaRule(keyword: keyword, source: source, test: test))
    }

    func kind(_ entry: Int) -> JSONValue.Kind { program.index.entries[entry].kind }

    /// Appends the text of the string at `entry` to the program's names.
    mutating func appendName(_ entry: Int, in schema: Span<UInt8>) -> Range<Int> {
        let start = program.names.count
        JSONString.decode(program.index.entries[entry].value, in: schema, to: &program.names)
        return start..<program.names.count
    }

    /// The nodes of a list of subschemas.
    mutating func nodeList(
        _ entry: Int, of keyword: SchemaKeyword, mayBeEmpty: Bool = false
    ) throws(SchemaError) -> Range<Int> {
        let isEmpty = program.index.entries[entry].count == 0
        guard kind(entry) == .array, mayBeEmpty || !isEmpty else {
            throw .malformedKeyword(keyword)
        }
        let start = program.nodeLists.count
        for element in program.index.contents(of: entry) {
            program.nodeLists.append(try node(element, of: keyword))
        }
        return start..<program.nodeLists.count
    }
}
