import Bytes

/// The keywords that say something about a value. Whatever else stands in a schema is passed over.
enum SchemaKeyword: Int, CaseIterable, Sendable {
    case type, const, `enum`
    case multipleOf, minimum, maximum, exclusiveMinimum, exclusiveMaximum
    case minLength, maxLength, pattern
    case minItems, maxItems, uniqueItems, prefixItems, items, additionalItems
    case contains, minContains, maxContains, unevaluatedItems
    case minProperties, maxProperties, required, propertyNames
    case properties, patternProperties, additionalProperties, unevaluatedProperties
    case dependentRequired, dependentSchemas, dependencies
    case reference, dynamicReference, recursiveReference
    case allOf, anyOf, oneOf, not, `if`, then, `else`
    /// The schema `false` where no keyword holds it: at the root, or behind a reference.
    case never

    /// As it is written in a schema.
    var name: StaticString { Self.names[rawValue] }

    /// The keyword that a name without escapes is.
    init?(_ name: Span<UInt8>) {
        for keyword in Self.allCases where keyword != .never && name.equals(keyword.name) {
            self = keyword
            return
        }
        return nil
    }

    /// In the order of the cases.
    private static let names: [StaticString] = [
        "type", "const", "enum",
        "multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
        "minLength", "maxLength", "pattern",
        "minItems", "maxItems", "uniqueItems", "prefixItems", "items", "additionalItems",
        "contains", "minContains", "maxContains", "unevaluatedItems",
        "minProperties", "maxProperties", "required", "propertyNames",
        "properties", "patternProperties", "additionalProperties", "unevaluatedProperties",
        "dependentRequired", "dependentSchemas", "dependencies",
        "$ref", "$dynamicRef", "$recursiveRef",
        "allOf", "anyOf", "oneOf", "not", "if", "then", "else",
        "false",
    ]
}
