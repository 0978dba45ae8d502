/// One thing that a schema says about a value.
struct SchemaRule: Sendable {
    enum Measure: Sendable { case letters, elements, members }

    enum Test: Sendable {
        /// No value is right.
        case never
        case types(ValueTypes)
        /// The value is what `source` is.
        case equal
        /// The value is an element of `source`.
        case equalToAny
        case multiple
        case bound(isUpper: Bool, isExclusive: Bool)
        case atLeast(Int, Measure)
        case atMost(Int, Measure)
        case pattern(Pattern)
        case uniqueItems
        /// The first elements each by its own node of `nodeLists`, the others by `rest`.
        case items(first: Range<Int>, rest: Int?, restKeyword: SchemaKeyword)
        case contains(node: Int, min: Int, max: Int?)
        /// All of these members are there.
        case required(SchemaProgram.NameTable)
        case memberNames(node: Int)
        case members(SchemaProgram.MemberShape)
        /// What holds of an object that has one of these members: a schema, or a list of names.
        case dependents(schemas: SchemaProgram.NameTable, lists: SchemaProgram.NameTable)
        case same(node: Int)
        case all(Range<Int>)
        case any(Range<Int>)
        case one(Range<Int>)
        case not(node: Int)
        case condition(if: Int, then: Int?, else: Int?)
    }

    let keyword: SchemaKeyword
    /// The keyword's value: an entry of the schema's index.
    let source: Int
    let test: Test
}
