import Testing

@testable import Proxy

@Suite struct `Refused schemas` {
    @Test(arguments: ["null", "1", "[]", #""object""#, "", "{", "x"])
    func `what is neither an object nor a boolean is no schema`(text: String) {
        #expect(SchemaText(text).refusal == .notASchema)
    }

    @Test(arguments: [
        (#""type":1"#, SchemaKeyword.type), (#""type":"text""#, .type), (#""type":[]"#, .type),
        (#""type":["string",null]"#, .type), (#""enum":"a""#, .enum),
        (#""multipleOf":0"#, .multipleOf),
        (#""multipleOf":-1"#, .multipleOf), (#""multipleOf":"1""#, .multipleOf),
        (#""minimum":"1""#, .minimum), (#""maximum":null"#, .maximum),
        (#""exclusiveMinimum":"1""#, .exclusiveMinimum),
        (#""exclusiveMaximum":[]"#, .exclusiveMaximum), (#""minLength":-1"#, .minLength),
        (#""minLength":1.5"#, .minLength), (#""maxLength":"1""#, .maxLength),
        (#""pattern":1"#, .pattern), (#""minItems":{}"#, .minItems), (#""maxItems":-1"#, .maxItems),
        (#""uniqueItems":1"#, .uniqueItems), (#""items":1"#, .items), (#""items":[1]"#, .items),
        (#""items":[true],"prefixItems":[true]"#, .items), (#""prefixItems":{}"#, .prefixItems),
        (#""prefixItems":[]"#, .prefixItems),
        (#""items":[],"additionalItems":1"#, .additionalItems),
        (#""contains":1"#, .contains), (#""minContains":-1"#, .minContains),
        (#""maxContains":"1""#, .maxContains), (#""minProperties":0.5"#, .minProperties),
        (#""maxProperties":true"#, .maxProperties), (#""required":"a""#, .required),
        (#""required":[1]"#, .required), (#""required":true"#, .required),
        (#""propertyNames":[]"#, .propertyNames), (#""properties":[]"#, .properties),
        (#""properties":{"a":1}"#, .properties), (#""patternProperties":1"#, .patternProperties),
        (#""patternProperties":{"(":1}"#, .patternProperties),
        (#""additionalProperties":"no""#, .additionalProperties),
        (#""dependentRequired":[]"#, .dependentRequired),
        (#""dependentRequired":{"a":{}}"#, .dependentRequired),
        (#""dependentRequired":{"a":[1]}"#, .dependentRequired),
        (#""dependentSchemas":{"a":[]}"#, .dependentSchemas),
        (#""dependencies":{"a":1}"#, .dependencies), (#""$ref":1"#, .reference),
        (#""allOf":{}"#, .allOf), (#""allOf":[]"#, .allOf), (#""anyOf":[1]"#, .anyOf),
        (#""anyOf":[]"#, .anyOf), (#""oneOf":null"#, .oneOf), (#""not":[]"#, .not),
        (#""if":1"#, .if), (#""if":true,"then":1"#, .then), (#""if":true,"else":1"#, .else),
        (#""unevaluatedItems":1"#, .unevaluatedItems),
        (#""unevaluatedProperties":[]"#, .unevaluatedProperties),
    ])
    func `a keyword has the value that it can have`(member: String, keyword: SchemaKeyword) {
        #expect(SchemaText("{\(member)}").refusal == .malformedKeyword(keyword))
        let inner = #"{"properties":{"a":{"anyOf":[{"type":"null"},{\#(member)}]}}}"#
        #expect(SchemaText(inner).refusal == .malformedKeyword(keyword))
    }

    @Test(arguments: [
        "#/$defs/b", "#/$defs", "#/x", "#/$defs/a/type", "#/allOf/1", "#/allOf/00", "#/allOf/-",
        "#/allOf/", "#nowhere", "#/$defs/a%2", "#/$defs/~2", "#/$defs/~", "#/", "#/allOf/0/a",
        "#twice",
    ])
    func `a reference is to a schema that is there`(reference: String) {
        let text =
            #"{"properties":{"a":{"$ref":"\#(reference)"}},"allOf":[true],"#
            + #""$defs":{"a":{"type":"null"},"c":{"$anchor":"twice"},"d":{"$anchor":"twice"}}}"#
        let refusal = SchemaText(text).refusal
        // Where a schema could stand, `$defs` is one with members that are no keywords.
        #expect(refusal == (reference == "#/$defs" ? nil : .unresolvedReference))
    }

    @Test(arguments: [
        "other.json", "https://example.com/s#/a", "", "/$defs/a", "a#/b", "urn:x",
    ])
    func `a reference is to the same document`(reference: String) {
        #expect(SchemaText(#"{"$ref":"\#(reference)"}"#).refusal == .externalReference)
    }

    @Test(arguments: [
        ##"{"$ref":"#"}"##, ##"{"anyOf":[{"type":"null"},{"$ref":"#"}]}"##,
        ##"{"allOf":[{"not":{"if":{"$ref":"#"},"then":true}}]}"##,
        ##"{"dependentSchemas":{"a":{"$ref":"#"}}}"##,
        ##"{"if":true,"else":{"oneOf":[{"$ref":"#"}]}}"##,
        ##"{"items":{"$ref":"#/$defs/a"},"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}"##,
    ])
    func `a schema is not judged by itself without a step into the value`(text: String) {
        #expect(SchemaText(text).refusal == .cyclicReference)
    }

    @Test(arguments: [
        (#"{"unevaluatedProperties":false}"#, SchemaKeyword.unevaluatedProperties),
        (#"{"unevaluatedProperties":{"type":"null"}}"#, .unevaluatedProperties),
        (#"{"unevaluatedItems":false}"#, .unevaluatedItems),
        (##"{"$dynamicRef":"#"}"##, .dynamicReference),
        (##"{"$recursiveRef":"#"}"##, .recursiveReference),
        (#"{"multipleOf":1.000000000000000001}"#, .multipleOf),
    ])
    func `what would be broken unseen is refused`(text: String, keyword: SchemaKeyword) {
        #expect(SchemaText(text).refusal == .unsupported(keyword))
    }

    @Test(arguments: [
        #"{"unevaluatedProperties":true,"unevaluatedItems":{}}"#,
        #"{"format":1,"title":[],"$id":7,"nullable":true,"x":{"type":7},"$comment":{}}"#,
        #"{"$defs":{"a":{"type":7}},"definitions":3}"#,
        #"{"pattern":"("}"#, #"{"then":7,"additionalItems":7}"#,
    ])
    func `what says nothing is passed over`(text: String) throws {
        #expect(SchemaText(text).refusal == nil)
        #expect(try SchemaText(text).verdict(on: "[1]") == .valid)
    }
}
