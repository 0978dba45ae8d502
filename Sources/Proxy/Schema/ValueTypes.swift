/// The types that a value may have.
struct ValueTypes: OptionSet, Sendable {
    let rawValue: UInt8

    static let null = ValueTypes(rawValue: 1)
    static let boolean = ValueTypes(rawValue: 2)
    static let object = ValueTypes(rawValue: 4)
    static let array = ValueTypes(rawValue: 8)
    static let string = ValueTypes(rawValue: 16)
    /// Numbers with nothing behind the point.
    static let integer = ValueTypes(rawValue: 32)
    static let fraction = ValueTypes(rawValue: 64)
    static let number: ValueTypes = [.integer, .fraction]

    static let names: [(StaticString, ValueTypes)] = [
        ("null", .null), ("boolean", .boolean), ("object", .object), ("array", .array),
        ("string", .string), ("integer", .integer), ("number", .number),
    ]
}
