import Bytes

/// A schema as it was read: a node is a subschema, and has rules. All names and all text are in
/// `text` and `names`, which are wiped; what else is here are numbers.
struct SchemaProgram: ~Copyable, Sendable {
    /// A name of the schema's, and what it stands for.
    struct Name: Sendable {
        /// The hash of its text, as in `ValueIndex.Entry`.
        let hash: UInt32
        /// Where it stands in `names`.
        let text: Range<Int>
        /// The entry that spells it in the schema's index.
        let source: Int
        /// A node or a place in `nameLists`; of no meaning where the name is all.
        let target: Int
    }

    /// A part of `table`, in the order of the hashes.
    typealias NameTable = Range<Int>

    /// What `properties`, `patternProperties` and `additionalProperties` say together.
    struct MemberShape: Sendable {
        let properties: NameTable
        /// A part of `memberPatterns`.
        let patterns: Range<Int>
        /// Whether a pattern was passed over, so that which members are additional is unknown.
        let hasOtherPatterns: Bool
        let additional: Int?
    }

    struct MemberPattern: Sendable {
        let pattern: Pattern
        let node: Int
    }

    var valueCount: Int { index.entries.count }

    /// Appends a part of the schema's text.
    func write(_ range: Range<Int>, to output: inout Buffer) {
        output.append(text.readable.extracting(range))
    }

    /// The schema.
    var text: Buffer
    /// Of `text`.
    let index: ValueIndex
    /// Names and patterns without their escapes.
    var names = Buffer()
    /// The rules of each node, a part of `rules`. The root is the first.
    var nodes: [Range<Int>] = []
    var rules: [SchemaRule] = []
    var nodeLists: [Int] = []
    var table: [Name] = []
    var nameLists: [NameTable] = []
    var memberPatterns: [MemberPattern] = []
    var patternCode: [PatternInstruction] = []

    init(_ schema: Span<UInt8>, index: ValueIndex) {
        text = Buffer(schema)
        self.index = index
    }
}

extension SchemaProgram {
    /// Refuses nodes that are judged by themselves, or through too many others of the same value.
    func checkChains() throws(SchemaError) {
        var heights = [Int?](repeating: nil, count: nodes.count)
        var isOpen = [Bool](repeating: false, count: nodes.count)
        for node in nodes.indices { _ = try height(of: node, 1, &heights, &isOpen) }
    }

    /// How many nodes of one value are judged within each other from `node` on.
    private func height(
        of node: Int, _ depth: Int, _ heights: inout [Int?], _ isOpen: inout [Bool]
    ) throws(SchemaError) -> Int {
        if let height = heights[node] { return height }
        guard !isOpen[node] else { throw .cyclicReference }
        guard depth <= JSONSchema.chainMax else { throw .tooDeep }
        isOpen[node] = true
        var height = 1
        for rule in rules[nodes[node]] {
            for inner in nodesOfSameValue(rule.test) {
                height = max(height, 1 + (try self.height(of: inner, depth + 1, &heights, &isOpen)))
            }
        }
        guard height <= JSONSchema.chainMax else { throw .tooDeep }
        isOpen[node] = false
        heights[node] = height
        return height
    }

    private func nodesOfSameValue(_ test: SchemaRule.Test) -> [Int] {
        switch test {
        case .same(let node), .not(let node): [node]
        case .all(let list), .any(let list), .one(let list): Array(nodeLists[list])
        case .condition(let condition, let then, let otherwise):
            [condition] + [then, otherwise].compactMap { $0 }
        case .dependents(let schemas, _): table[schemas].map(\.target)
        default: []
        }
    }
}
