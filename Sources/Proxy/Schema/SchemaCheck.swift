import Bytes

extension SchemaProgram {
    /// Judges the value at `entry` by a node.
    /// - `keyword`: what holds the node; it is at fault where the node says `false`.
    /// - Throws: the first fault, or that it is too much work.
    func check(
        _ entry: Int, by node: Int, of keyword: SchemaKeyword, _ judgement: inout Judgement,
        in bytes: Span<UInt8>
    ) throws(JudgementStop) {
        guard judgement.depth < JSONSchema.judgementDepthMax else { throw .tooMuchWork }
        judgement.depth += 1
        defer { judgement.depth -= 1 }
        try judgement.budget.spend()
        for rule in nodes[node] {
            try judgement.budget.spend()
            try check(entry, by: rules[rule], of: keyword, &judgement, in: bytes)
        }
    }

    /// What is wrong with the value at `entry`, nil where nothing is.
    private func fault(
        of entry: Int, by node: Int, of keyword: SchemaKeyword, _ judgement: inout Judgement,
        in bytes: Span<UInt8>
    ) throws(JudgementStop) -> JudgementStop? {
        do throws(JudgementStop) {
            try check(entry, by: node, of: keyword, &judgement, in: bytes)
            return nil
        } catch {
            guard case .fault = error else { throw error }
            return error
        }
    }

    private func check(
        _ entry: Int, by rule: SchemaRule, of keyword: SchemaKeyword,
        _ judgement: inout Judgement, in bytes: Span<UInt8>
    ) throws(JudgementStop) {
        let fault = JudgementStop.fault(rule.keyword, entry: entry, rule: rule.source)
        let value = judgement.values.entries[entry]
        switch rule.test {
        case .never: throw .fault(keyword, entry: entry, rule: rule.source)
        case .types(let types):
            guard types.isSuperset(of: type(of: value, in: bytes)) else { throw fault }
        case .equal:
            guard try isEqual(entry, rule.source, &judgement, in: bytes) else { throw fault }
        case .equalToAny:
            for candidate in index.contents(of: rule.source)
            where try isEqual(entry, candidate, &judgement, in: bytes) {
                return
            }
            throw fault
        case .multiple, .bound:
            guard value.kind == .number else { return }
            guard isRight(JSONNumber(value.value, in: bytes), in: bytes, rule) else { throw fault }
        case .atLeast(let least, let measure):
            let count = try count(measure, of: value, &judgement, in: bytes)
            if let count, count < least { throw fault }
        case .atMost(let most, let measure):
            let count = try count(measure, of: value, &judgement, in: bytes)
            if let count, count > most { throw fault }
        case .pattern(let pattern):
            guard value.kind == .string else { return }
            guard try matches(entry, pattern, &judgement, in: bytes) else { throw fault }
        case .uniqueItems, .items, .contains:
            guard value.kind == .array else { return }
            try check(elementsOf: entry, by: rule, &judgement, in: bytes)
        case .required, .memberNames, .members, .dependents:
            guard value.kind == .object else { return }
            try check(membersOf: entry, by: rule, &judgement, in: bytes)
        case .same, .all, .any, .one, .not, .condition:
            try check(entry, byCombination: rule, of: keyword, &judgement, in: bytes)
        }
    }

    private func type(of value: ValueIndex.Entry, in bytes: Span<UInt8>) -> ValueTypes {
        switch value.kind {
        case .null: .null
        case .bool: .boolean
        case .object: .object
        case .array: .array
        case .string: .string
        case .number: JSONNumber(value.value, in: bytes).isWhole ? .integer : .fraction
        }
    }

    private func isEqual(
        _ entry: Int, _ source: Int, _ judgement: inout Judgement, in bytes: Span<UInt8>
    ) throws(JudgementStop) -> Bool {
        try ValueIndex.isEqual(
            entry, of: judgement.values, in: bytes, source, of: index, in: text.readable,
            budget: &judgement.budget)
    }

    private func isRight(
        _ number: JSONNumber, in bytes: Span<UInt8>, _ rule: SchemaRule
    ) -> Bool {
        let limit = JSONNumber(index.entries[rule.source].value, in: text.readable)
        guard case .bound(let isUpper, let isExclusive) = rule.test else {
            return number.isMultiple(in: bytes, of: limit, in: text.readable) == true
        }
        let order = JSONNumber.compare(number, in: bytes, limit, in: text.readable)
        return order == 0 ? !isExclusive : (order < 0) == isUpper
    }

    /// How much there is of what is counted; nil for a value of another type.
    private func count(
        _ measure: SchemaRule.Measure, of value: ValueIndex.Entry, _ judgement: inout Judgement,
        in bytes: Span<UInt8>
    ) throws(JudgementStop) -> Int? {
        switch (measure, value.kind) {
        case (.elements, .array), (.members, .object): return Int(value.count)
        case (.letters, .string):
            try judgement.budget.spend(byteCount: value.value.range.count)
            guard value.isEscaped else {
                return Scalars.count(of: bytes.extracting(value.value.inside))
            }
            var letters = Buffer()
            JSONString.decode(value.value, in: bytes, to: &letters)
            return Scalars.count(of: letters.readable)
        default: return nil
        }
    }

    /// Whether a pattern matches the string at `entry`.
    func matches(
        _ entry: Int, _ pattern: Pattern, _ judgement: inout Judgement, in bytes: Span<UInt8>
    ) throws(JudgementStop) -> Bool {
        let string = judgement.values.entries[entry]
        guard string.isEscaped else {
            let letters = bytes.extracting(string.value.inside)
            return try matches(letters, pattern, &judgement)
        }
        try judgement.budget.spend(byteCount: string.value.range.count)
        var letters = Buffer()
        JSONString.decode(string.value, in: bytes, to: &letters)
        return try matches(letters.readable, pattern, &judgement)
    }

    func matches(
        _ letters: Span<UInt8>, _ pattern: Pattern, _ judgement: inout Judgement
    ) throws(JudgementStop) -> Bool {
        var walk = PatternWalk(pattern)
        return try walk.matches(
            letters, names.readable.extracting(pattern.text), patternCode,
            budget: &judgement.budget)
    }

    private func check(
        _ entry: Int, byCombination rule: SchemaRule, of keyword: SchemaKeyword,
        _ judgement: inout Judgement, in bytes: Span<UInt8>
    ) throws(JudgementStop) {
        let fault = JudgementStop.fault(rule.keyword, entry: entry, rule: rule.source)
        switch rule.test {
        case .same(let node): try check(entry, by: node, of: keyword, &judgement, in: bytes)
        case .all(let list):
            for node in nodeLists[list] {
                try check(entry, by: node, of: .allOf, &judgement, in: bytes)
            }
        case .any(let list), .one(let list):
            let isOne = rule.keyword == .oneOf
            var rightCount = 0
            /// The faults of alternatives that this value may have been meant for.
            var likely: [JudgementStop] = []
            for node in nodeLists[list] {
                let wrong = try self.fault(
                    of: entry, by: node, of: rule.keyword, &judgement, in: bytes)
                if let wrong {
                    if !isOtherKind(wrong, of: entry, judgement.values) { likely.append(wrong) }
                } else if isOne {
                    rightCount += 1
                    guard rightCount == 1 else { throw fault }
                } else {
                    return
                }
            }
            guard rightCount == 0 else { return }
            throw likely.count == 1 ? likely[0] : fault
        case .not(let node):
            guard try self.fault(of: entry, by: node, of: .not, &judgement, in: bytes) != nil
            else { throw fault }
        case .condition(let condition, let then, let otherwise):
            let wrong = try self.fault(of: entry, by: condition, of: .if, &judgement, in: bytes)
            guard let node = wrong == nil ? then : otherwise else { return }
            try check(
                entry, by: node, of: wrong == nil ? .then : .else, &judgement, in: bytes)
        default: break
        }
    }

    /// Whether a fault says that the value at `entry` is of another kind than what was asked for,
    /// rather than of the right kind with something wrong in it. A member that has to be one
    /// constant tells kinds of objects apart.
    private func isOtherKind(_ fault: JudgementStop, of entry: Int, _ values: ValueIndex) -> Bool {
        switch fault {
        case .fault(.type, let place, _), .fault(.enum, let place, _),
            .fault(.anyOf, let place, _), .fault(.oneOf, let place, _):
            return place == entry
        case .fault(.const, let place, _):
            for member in values.contents(of: entry) where member >= place {
                return member == place
            }
            return place == entry
        default: return false
        }
    }
}
