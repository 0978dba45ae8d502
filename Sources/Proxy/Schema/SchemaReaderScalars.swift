import Bytes

extension SchemaReader {
    mutating func readScalarRules(
        _ found: FoundKeywords, in schema: Span<UInt8>
    ) throws(SchemaError) {
        if let source = found[.type] {
            add(.type, source, .types(try types(source, in: schema)))
        }
        if let source = found[.const] { add(.const, source, .equal) }
        if let source = found[.enum] {
            guard kind(source) == .array else { throw .malformedKeyword(.enum) }
            add(.enum, source, .equalToAny)
        }
        try readMultipleOf(found, in: schema)
        try readBound(found, .minimum, .exclusiveMinimum, isUpper: false)
        try readBound(found, .maximum, .exclusiveMaximum, isUpper: true)
        try readCounts(found, .letters, .minLength, .maxLength, in: schema)
        if let source = found[.pattern] {
            guard kind(source) == .string else { throw .malformedKeyword(.pattern) }
            if let pattern = try pattern(source, in: schema) {
                add(.pattern, source, .pattern(pattern))
            }
        }
    }

    private mutating func types(
        _ source: Int, in schema: Span<UInt8>
    ) throws(SchemaError) -> ValueTypes {
        var types: ValueTypes = []
        if kind(source) == .array {
            for element in program.index.contents(of: source) {
                types.formUnion(try type(element, in: schema))
            }
        } else {
            types = try type(source, in: schema)
        }
        guard !types.isEmpty else { throw .malformedKeyword(.type) }
        return types
    }

    private func type(_ entry: Int, in schema: Span<UInt8>) throws(SchemaError) -> ValueTypes {
        let value = program.index.entries[entry].value
        for (name, types) in ValueTypes.names where value.says(name, in: schema) { return types }
        throw .malformedKeyword(.type)
    }

    private mutating func readMultipleOf(
        _ found: FoundKeywords, in schema: Span<UInt8>
    ) throws(SchemaError) {
        guard let source = found[.multipleOf] else { return }
        guard kind(source) == .number else { throw .malformedKeyword(.multipleOf) }
        let step = JSONNumber(program.index.entries[source].value, in: schema)
        guard step.isPositive else { throw .malformedKeyword(.multipleOf) }
        guard step.isMultiple(in: schema, of: step, in: schema) != nil else {
            throw .unsupported(.multipleOf)
        }
        add(.multipleOf, source, .multiple)
    }

    /// A bound, and the one that excludes its own number; in the way of draft 4 the latter is a
    /// boolean that speaks of the former.
    private mutating func readBound(
        _ found: FoundKeywords, _ keyword: SchemaKeyword, _ exclusive: SchemaKeyword, isUpper: Bool
    ) throws(SchemaError) {
        let exclusiveKind = found[exclusive].map { kind($0) }
        if let source = found[keyword] {
            guard kind(source) == .number else { throw .malformedKeyword(keyword) }
            let isExclusive = exclusiveKind == .bool(true)
            add(keyword, source, .bound(isUpper: isUpper, isExclusive: isExclusive))
        }
        switch exclusiveKind {
        case nil, .bool: break
        case .number:
            guard let source = found[exclusive] else { return }
            add(exclusive, source, .bound(isUpper: isUpper, isExclusive: true))
        default: throw .malformedKeyword(exclusive)
        }
    }

    /// A least and a greatest count.
    mutating func readCounts(
        _ found: FoundKeywords, _ measure: SchemaRule.Measure,
        _ least: SchemaKeyword, _ greatest: SchemaKeyword, in schema: Span<UInt8>
    ) throws(SchemaError) {
        if let source = found[least] {
            add(least, source, .atLeast(try count(source, of: least, in: schema), measure))
        }
        if let source = found[greatest] {
            add(greatest, source, .atMost(try count(source, of: greatest, in: schema), measure))
        }
    }

    func count(
        _ source: Int, of keyword: SchemaKeyword, in schema: Span<UInt8>
    ) throws(SchemaError) -> Int {
        let value = program.index.entries[source].value
        guard value.kind == .number, let count = JSONNumber(value, in: schema).count(in: schema)
        else { throw .malformedKeyword(keyword) }
        return count
    }

    /// The pattern that the string at `source` spells; nil for one outside of what is matched.
    mutating func pattern(
        _ source: Int, in schema: Span<UInt8>
    ) throws(SchemaError) -> Pattern? {
        let text = appendName(source, in: schema)
        try spend(text.count)
        let start = program.patternCode.count
        let room = min(Pattern.instructionCountMax, JSONSchema.instructionCountMax - start)
        let code = PatternReader.read(program.names.readable.extracting(text), atMost: room)
        guard let code else { return nil }
        try spend(code.count)
        program.patternCode += code
        return Pattern(text: text, code: start..<program.patternCode.count)
    }
}
