/// Where the keywords of one subschema have their values.
struct FoundKeywords {
    private var entries = [Int](repeating: -1, count: SchemaKeyword.allCases.count)
    private(set) var isEmpty = true

    subscript(keyword: SchemaKeyword) -> Int? {
        get { entries[keyword.rawValue] < 0 ? nil : entries[keyword.rawValue] }
        set {
            entries[keyword.rawValue] = newValue ?? -1
            isEmpty = false
        }
    }
}
