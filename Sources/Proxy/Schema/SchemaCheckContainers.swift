import Bytes

extension SchemaProgram {
    func check(
        elementsOf array: Int, by rule: SchemaRule, _ judgement: inout Judgement,
        in bytes: Span<UInt8>
    ) throws(JudgementStop) {
        let fault = JudgementStop.fault(rule.keyword, entry: array, rule: rule.source)
        switch rule.test {
        case .uniqueItems:
            let isUnique = try judgement.values.hasUniqueElements(
                array, in: bytes, budget: &judgement.budget)
            guard isUnique else { throw fault }
        case .items(let first, let rest, let restKeyword):
            var position = first.lowerBound
            for element in judgement.values.contents(of: array) {
                try judgement.budget.spend()
                if position < first.upperBound {
                    try check(
                        element, by: nodeLists[position], of: rule.keyword, &judgement, in: bytes)
                } else if let rest {
                    try check(element, by: rest, of: restKeyword, &judgement, in: bytes)
                } else {
                    return
                }
                position += 1
            }
        case .contains(let node, let min, let max):
            var count = 0
            for element in judgement.values.contents(of: array) {
                if count >= min, max == nil { return }
                do throws(JudgementStop) {
                    try check(element, by: node, of: .contains, &judgement, in: bytes)
                    count += 1
                } catch {
                    guard case .fault = error else { throw error }
                }
                if let max, count > max { throw fault }
            }
            guard count >= min else { throw fault }
        default: break
        }
    }

    func check(
        membersOf object: Int, by rule: SchemaRule, _ judgement: inout Judgement,
        in bytes: Span<UInt8>
    ) throws(JudgementStop) {
        switch rule.test {
        case .required(let names):
            try require(names, .required, of: object, &judgement, in: bytes)
        case .memberNames(let node):
            for value in judgement.values.contents(of: object) {
                try check(value - 1, by: node, of: .propertyNames, &judgement, in: bytes)
            }
        case .members(let shape):
            for value in judgement.values.contents(of: object) {
                let name = judgement.values.entries[value - 1]
                try judgement.budget.spend(byteCount: name.value.range.count)
                guard name.isEscaped else {
                    let letters = bytes.extracting(name.value.inside)
                    try check(
                        value, named: letters, hash: name.hash, by: shape, &judgement, in: bytes)
                    continue
                }
                var letters = Buffer()
                JSONString.decode(name.value, in: bytes, to: &letters)
                try check(
                    value, named: letters.readable, hash: name.hash, by: shape, &judgement,
                    in: bytes)
            }
        case .dependents(let schemas, let lists):
            for value in judgement.values.contents(of: object) {
                try judgement.budget.spend()
                if let place = try find(value - 1, in: schemas, &judgement, in: bytes) {
                    let node = table[place].target
                    try check(object, by: node, of: rule.keyword, &judgement, in: bytes)
                }
                if let place = try find(value - 1, in: lists, &judgement, in: bytes) {
                    let names = nameLists[table[place].target]
                    try require(names, rule.keyword, of: object, &judgement, in: bytes)
                }
            }
        default: break
        }
    }

    /// Judges a member by what `properties` and its kin say of its name.
    /// - `name`: without escapes, and its hash as in an index.
    private func check(
        _ value: Int, named name: Span<UInt8>, hash: UInt32, by shape: MemberShape,
        _ judgement: inout Judgement, in bytes: Span<UInt8>
    ) throws(JudgementStop) {
        var isAdditional = true
        if let place = try find(name, hash: hash, in: shape.properties, &judgement) {
            isAdditional = false
            try check(value, by: table[place].target, of: .properties, &judgement, in: bytes)
        }
        for member in memberPatterns[shape.patterns]
        where try matches(name, member.pattern, &judgement) {
            isAdditional = false
            try check(value, by: member.node, of: .patternProperties, &judgement, in: bytes)
        }
        guard isAdditional, !shape.hasOtherPatterns, let node = shape.additional else { return }
        try check(value, by: node, of: .additionalProperties, &judgement, in: bytes)
    }

    /// Judges a value as the member `name` of an object that `node` is about: by what the node, and
    /// the nodes that have to hold together with it, say of the members' names.
    func check(
        _ value: Int, asMember name: Span<UInt8>, by node: Int, _ judgement: inout Judgement,
        in bytes: Span<UInt8>
    ) throws(JudgementStop) {
        try judgement.budget.spend(byteCount: name.count)
        let hash = UInt32(truncatingIfNeeded: JSONString.hash(name))
        for rule in rules[nodes[node]] {
            switch rule.test {
            case .never: throw .fault(.never, entry: value, rule: rule.source)
            case .members(let shape):
                try check(value, named: name, hash: hash, by: shape, &judgement, in: bytes)
            case .same(let other):
                try check(value, asMember: name, by: other, &judgement, in: bytes)
            case .all(let list):
                for other in nodeLists[list] {
                    try check(value, asMember: name, by: other, &judgement, in: bytes)
                }
            default: break
            }
        }
    }

    /// Requires that `object` has every name of a table.
    private func require(
        _ names: NameTable, _ keyword: SchemaKeyword, of object: Int, _ judgement: inout Judgement,
        in bytes: Span<UInt8>
    ) throws(JudgementStop) {
        var isMissing = [Bool](repeating: true, count: names.count)
        try judgement.budget.spend(1 + names.count / 16)
        for value in judgement.values.contents(of: object) {
            try judgement.budget.spend()
            if let place = try find(value - 1, in: names, &judgement, in: bytes) {
                isMissing[place - names.lowerBound] = false
            }
        }
        let missing = names.filter { isMissing[$0 - names.lowerBound] }
        guard let first = missing.map({ table[$0].source }).min() else { return }
        throw .fault(keyword, entry: object, rule: first)
    }

    /// The place in `table` of the name at `entry`.
    private func find(
        _ entry: Int, in names: NameTable, _ judgement: inout Judgement, in bytes: Span<UInt8>
    ) throws(JudgementStop) -> Int? {
        guard !names.isEmpty else { return nil }
        let name = judgement.values.entries[entry]
        try judgement.budget.spend(byteCount: name.value.range.count)
        guard name.isEscaped else {
            let letters = bytes.extracting(name.value.inside)
            return try find(letters, hash: name.hash, in: names, &judgement)
        }
        var letters = Buffer()
        JSONString.decode(name.value, in: bytes, to: &letters)
        return try find(letters.readable, hash: name.hash, in: names, &judgement)
    }

    /// The place of a name without escapes.
    private func find(
        _ name: Span<UInt8>, hash: UInt32, in names: NameTable, _ judgement: inout Judgement
    ) throws(JudgementStop) -> Int? {
        var (lower, upper) = (names.lowerBound, names.upperBound)
        while lower < upper {
            let middle = lower + (upper - lower) / 2
            if table[middle].hash < hash { lower = middle + 1 } else { upper = middle }
        }
        while lower < names.upperBound, table[lower].hash == hash {
            try judgement.budget.spend()
            if self.names.readable.extracting(table[lower].text).equals(name) { return lower }
            lower += 1
        }
        return nil
    }
}
