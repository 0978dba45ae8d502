import Bytes

extension SchemaReader {
    mutating func readCombinations(
        _ found: FoundKeywords, in schema: Span<UInt8>
    ) throws(SchemaError) {
        for keyword in [SchemaKeyword.dynamicReference, .recursiveReference]
        where found[keyword] != nil {
            throw .unsupported(keyword)
        }
        if let source = found[.reference] {
            guard kind(source) == .string else { throw .malformedKeyword(.reference) }
            let target = try target(of: source, in: schema)
            switch kind(target) {
            case .object, .bool: break
            default: throw .unresolvedReference
            }
            add(.reference, source, .same(node: try node(target, of: .reference)))
        }
        if let source = found[.allOf] {
            add(.allOf, source, .all(try nodeList(source, of: .allOf)))
        }
        if let source = found[.anyOf] {
            add(.anyOf, source, .any(try nodeList(source, of: .anyOf)))
        }
        if let source = found[.oneOf] {
            add(.oneOf, source, .one(try nodeList(source, of: .oneOf)))
        }
        if let source = found[.not] {
            add(.not, source, .not(node: try node(source, of: .not)))
        }
        guard let source = found[.if] else { return }
        let condition = try node(source, of: .if)
        let then = try found[.then].map { (entry) throws(SchemaError) in
            try node(entry, of: .then)
        }
        let otherwise = try found[.else].map { (entry) throws(SchemaError) in
            try node(entry, of: .else)
        }
        if then != nil || otherwise != nil {
            add(.if, source, .condition(if: condition, then: then, else: otherwise))
        }
    }
}
