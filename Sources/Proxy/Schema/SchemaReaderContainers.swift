import Bytes

extension SchemaReader {
    mutating func readArrayRules(
        _ found: FoundKeywords, in schema: Span<UInt8>
    ) throws(SchemaError) {
        try readCounts(found, .elements, .minItems, .maxItems, in: schema)
        if let source = found[.uniqueItems] {
            switch kind(source) {
            case .bool(true): add(.uniqueItems, source, .uniqueItems)
            case .bool(false): break
            default: throw .malformedKeyword(.uniqueItems)
            }
        }
        try readItems(found)
        try readContains(found, in: schema)
        try refuse(.unevaluatedItems, found)
    }

    /// `prefixItems` and `items`, or in the older way a list `items` and `additionalItems`.
    private mutating func readItems(_ found: FoundKeywords) throws(SchemaError) {
        var first = 0..<0
        var rest = (keyword: SchemaKeyword.items, entry: found[.items])
        if let items = found[.items], kind(items) == .array {
            guard found[.prefixItems] == nil else { throw .malformedKeyword(.items) }
            first = try nodeList(items, of: .items, mayBeEmpty: true)
            rest = (.additionalItems, found[.additionalItems])
        } else if let prefix = found[.prefixItems] {
            first = try nodeList(prefix, of: .prefixItems)
        }
        let restNode = try rest.entry.map { (entry) throws(SchemaError) in
            try node(entry, of: rest.keyword)
        }
        guard restNode != nil || !first.isEmpty, let source = found[.prefixItems] ?? found[.items]
        else { return }
        add(.items, source, .items(first: first, rest: restNode, restKeyword: rest.keyword))
    }

    private mutating func readContains(
        _ found: FoundKeywords, in schema: Span<UInt8>
    ) throws(SchemaError) {
        var (least, greatest) = (1, Int?.none)
        if let source = found[.minContains] {
            least = try count(source, of: .minContains, in: schema)
        }
        if let source = found[.maxContains] {
            greatest = try count(source, of: .maxContains, in: schema)
        }
        guard let source = found[.contains] else { return }
        let node = try node(source, of: .contains)
        add(.contains, source, .contains(node: node, min: least, max: greatest))
    }

    mutating func readObjectRules(
        _ found: FoundKeywords, in schema: Span<UInt8>
    ) throws(SchemaError) {
        try readCounts(found, .members, .minProperties, .maxProperties, in: schema)
        if let source = found[.propertyNames] {
            add(.propertyNames, source, .memberNames(node: try node(source, of: .propertyNames)))
        }
        // A member that tells what is meant is to be seen before what is missing.
        try readMembers(found, in: schema)
        if let source = found[.required] {
            let names = try nameList(source, of: .required, in: schema)
            if !names.isEmpty { add(.required, source, .required(names)) }
        }
        try readDependents(found, in: schema)
        try refuse(.unevaluatedProperties, found)
    }

    private mutating func readMembers(
        _ found: FoundKeywords, in schema: Span<UInt8>
    ) throws(SchemaError) {
        var names: [SchemaProgram.Name] = []
        for value in try members(found[.properties], of: .properties) {
            names.append(name(value - 1, target: try node(value, of: .properties), in: schema))
        }
        let properties = addTable(&names)
        let patternStart = program.memberPatterns.count
        var hasOtherPatterns = false
        for value in try members(found[.patternProperties], of: .patternProperties) {
            let node = try node(value, of: .patternProperties)
            if let pattern = try pattern(value - 1, in: schema) {
                program.memberPatterns.append(.init(pattern: pattern, node: node))
            } else {
                hasOtherPatterns = true
            }
        }
        let additional = try found[.additionalProperties].map { (entry) throws(SchemaError) in
            try node(entry, of: .additionalProperties)
        }
        guard
            let source = found[.properties] ?? found[.patternProperties]
                ?? found[.additionalProperties]
        else { return }
        let shape = SchemaProgram.MemberShape(
            properties: properties, patterns: patternStart..<program.memberPatterns.count,
            hasOtherPatterns: hasOtherPatterns, additional: additional)
        add(.properties, source, .members(shape))
    }

    private mutating func readDependents(
        _ found: FoundKeywords, in schema: Span<UInt8>
    ) throws(SchemaError) {
        for keyword in [SchemaKeyword.dependentRequired, .dependentSchemas, .dependencies] {
            guard let source = found[keyword] else { continue }
            var schemas: [SchemaProgram.Name] = []
            var lists: [SchemaProgram.Name] = []
            for value in try members(source, of: keyword) {
                let isList = kind(value) == .array
                guard keyword == .dependencies || isList == (keyword == .dependentRequired) else {
                    throw .malformedKeyword(keyword)
                }
                if isList {
                    program.nameLists.append(try nameList(value, of: keyword, in: schema))
                    let list = program.nameLists.count - 1
                    lists.append(name(value - 1, target: list, in: schema))
                } else {
                    let node = try node(value, of: keyword)
                    schemas.append(name(value - 1, target: node, in: schema))
                }
            }
            let dependents = SchemaRule.Test.dependents(
                schemas: addTable(&schemas), lists: addTable(&lists))
            add(keyword, source, dependents)
        }
    }

    /// The members of an object that a keyword has, none of a keyword that is not there.
    private func members(
        _ source: Int?, of keyword: SchemaKeyword
    ) throws(SchemaError) -> [Int] {
        guard let source else { return [] }
        guard kind(source) == .object else { throw .malformedKeyword(keyword) }
        return Array(program.index.contents(of: source))
    }

    private mutating func name(
        _ entry: Int, target: Int = 0, in schema: Span<UInt8>
    ) -> SchemaProgram.Name {
        SchemaProgram.Name(
            hash: program.index.entries[entry].hash, text: appendName(entry, in: schema),
            source: entry, target: target)
    }

    private mutating func nameList(
        _ source: Int, of keyword: SchemaKeyword, in schema: Span<UInt8>
    ) throws(SchemaError) -> SchemaProgram.NameTable {
        guard kind(source) == .array else { throw .malformedKeyword(keyword) }
        var names: [SchemaProgram.Name] = []
        for element in program.index.contents(of: source) {
            guard kind(element) == .string else { throw .malformedKeyword(keyword) }
            names.append(name(element, in: schema))
        }
        return addTable(&names)
    }

    /// Adds names to the program's table in the order of their hashes, each once.
    private mutating func addTable(_ names: inout [SchemaProgram.Name]) -> SchemaProgram.NameTable {
        names.sort { ($0.hash, $0.source) < ($1.hash, $1.source) }
        let start = program.table.count
        for name in names {
            var isKnown = false
            for other in program.table[start...].reversed() where !isKnown {
                guard other.hash == name.hash else { break }
                isKnown = program.isSame(other.text, name.text)
            }
            if !isKnown { program.table.append(name) }
        }
        return start..<program.table.count
    }

    /// Refuses a keyword that forbids something this validator does not look at.
    private func refuse(
        _ keyword: SchemaKeyword, _ found: FoundKeywords
    ) throws(SchemaError) {
        guard let source = found[keyword] else { return }
        switch kind(source) {
        case .bool(true): break
        case .object where program.index.entries[source].count == 0: break
        case .object, .bool: throw .unsupported(keyword)
        default: throw .malformedKeyword(keyword)
        }
    }
}

extension SchemaProgram {
    /// Whether two places in `names` hold the same text.
    func isSame(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        names.readable.extracting(left).equals(names.readable.extracting(right))
    }
}
