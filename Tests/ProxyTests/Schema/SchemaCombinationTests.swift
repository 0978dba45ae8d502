import Testing

@testable import Proxy

@Suite struct `Combined schemas` {
    @Test(arguments: [
        SchemaCase(
            #"{"const":{"a":[1,"x"],"b":null}}"#,
            valid: [#"{"a":[1,"x"],"b":null}"#, #"{ "b":null, "\u0061":[1.0,"\u0078"] }"#],
            invalid: [
                #"{"a":[1,"x"]}"#, #"{"a":["x",1],"b":null}"#, #"{"a":[1,"x"],"b":null,"c":1}"#,
                #"{"a":[1,"x"],"c":null}"#, "null", #"{"a":[1],"b":null}"#,
            ]),
        SchemaCase(
            #"{"const":9007199254740993}"#, valid: ["9007199254740993", "9007199254740993.0"],
            invalid: ["9007199254740992", "9007199254740994"]),
        SchemaCase(#"{"const":"a"}"#, valid: [#""\u0061""#], invalid: [#""b""#, #""""#]),
        SchemaCase(#"{"const":"\u00e4"}"#, valid: [#""ä""#], invalid: [#""a\u0308""#]),
        SchemaCase(#"{"const":1}"#, valid: ["1.0", "100e-2"], invalid: ["true", #""1""#]),
        SchemaCase(#"{"const":false}"#, valid: ["false"], invalid: ["0", "true", "null"]),
        SchemaCase(#"{"const":0}"#, valid: ["-0", "0e9"], invalid: ["false", "0.1"]),
        SchemaCase(
            #"{"enum":[1,"a",null,[],{"a":{}}]}"#,
            valid: ["1.0", #""a""#, "null", "[ ]", #"{"a":{ }}"#],
            invalid: ["2", #""b""#, "{}", "[[]]", #"{"a":[]}"#]),
        SchemaCase(#"{"enum":[]}"#, valid: [], invalid: ["1", "null"]),
    ])
    func `equal is what is worth the same`(example: SchemaCase) throws { try example.check() }

    @Test(arguments: [
        SchemaCase(
            #"{"allOf":[{"minimum":1},{"maximum":3}]}"#, valid: ["1", "2", "3"],
            invalid: ["0", "4"]),
        SchemaCase(
            #"{"anyOf":[{"type":"string"},{"minimum":3}]}"#, valid: [#""a""#, "3", "null"],
            invalid: ["2"]),
        SchemaCase(
            #"{"oneOf":[{"type":"integer"},{"minimum":3}]}"#, valid: ["1", "3.5"],
            invalid: ["3", "2.5"]),
        SchemaCase(
            #"{"not":{"type":"string"}}"#, valid: ["1"], invalid: [#""a""#]),
        SchemaCase(#"{"not":{}}"#, valid: [], invalid: ["1"]),
        SchemaCase(#"{"not":false}"#, valid: ["1"], invalid: []),
        SchemaCase(
            #"{"if":{"type":"string"},"then":{"minLength":2},"else":{"minimum":2}}"#,
            valid: [#""ab""#, "2", "null"], invalid: [#""a""#, "1"]),
        SchemaCase(#"{"if":{"minimum":5},"then":false}"#, valid: ["4"], invalid: ["5"]),
        SchemaCase(#"{"if":{"minimum":5},"else":false}"#, valid: ["5"], invalid: ["4"]),
        SchemaCase(#"{"then":false,"else":false}"#, valid: ["1"], invalid: []),
    ])
    func `alternatives are judged`(example: SchemaCase) throws { try example.check() }

    @Test(arguments: [
        SchemaCase(
            ##"{"$ref":"#/$defs/a","$defs":{"a":{"type":"string"}}}"##, valid: [#""x""#],
            invalid: ["1"]),
        SchemaCase(
            ##"{"$ref":"#/definitions/a~1b~0c%20%22","minLength":2,"##
                + #""definitions":{"a/b~c \"":{"type":"string"}}}"#,
            valid: [#""xy""#], invalid: ["1", #""x""#]),
        SchemaCase(
            ##"{"properties":{"a":{"$ref":"#/allOf/1/items"}},"allOf":[true,{"items":{"minimum":3}}]}"##,
            valid: [#"{"a":3}"#], invalid: [#"{"a":2}"#, "[2]"]),
        SchemaCase(
            ##"{"$ref":"#text","$defs":{"x":{"$anchor":"text","type":"string"}}}"##,
            valid: [#""x""#], invalid: ["1"]),
        SchemaCase(
            ##"{"properties":{"kids":{"type":"array","items":{"$ref":"#"}},"name":{"type":"string"}},"##
                + #""required":["name"],"additionalProperties":false}"#,
            valid: [
                #"{"name":"a"}"#, #"{"name":"a","kids":[{"name":"b","kids":[{"name":"c"}]}]}"#,
            ],
            invalid: [
                "{}", #"{"name":"a","kids":[{}]}"#,
                #"{"name":"a","kids":[{"name":"b","kids":[{"name":1}]}]}"#,
            ]),
        SchemaCase(
            ##"{"$ref":"#/$defs/n","$defs":{"n":{"anyOf":[{"type":"null"},"##
                + ##"{"type":"object","properties":{"next":{"$ref":"#/$defs/n"}},"##
                + #""required":["next"]}]}}}"#,
            valid: ["null", #"{"next":null}"#, #"{"next":{"next":null}}"#],
            invalid: ["{}", #"{"next":{}}"#, #"{"next":{"next":1}}"#]),
    ])
    func `references are followed`(example: SchemaCase) throws { try example.check() }

    @Test(arguments: [
        // As pydantic writes a model with an optional one in it.
        SchemaCase(
            #"{"$defs":{"Place":{"properties":{"city":{"title":"City","type":"string"},"#
                + #""zip":{"anyOf":[{"type":"string","pattern":"^\\d{5}$"},{"type":"null"}],"#
                + #""default":null,"title":"Zip"}},"required":["city"],"title":"Place","#
                + #""type":"object"},"Kind":{"enum":["home","work"],"title":"Kind","#
                + ##""type":"string"}},"properties":{"place":{"anyOf":[{"$ref":"#/$defs/Place"},"##
                + ##"{"type":"null"}],"default":null},"kind":{"$ref":"#/$defs/Kind"},"age":"##
                + #"{"exclusiveMinimum":0,"title":"Age","type":"integer"}},"#
                + #""required":["kind","age"],"title":"Person","type":"object"}"#,
            valid: [
                #"{"kind":"home","age":3}"#, #"{"kind":"work","age":3,"place":null}"#,
                #"{"kind":"home","age":3,"place":{"city":"Bern","zip":"30124","more":1}}"#,
            ],
            invalid: [
                #"{"kind":"home"}"#, #"{"kind":"else","age":3}"#, #"{"kind":"home","age":0}"#,
                #"{"kind":"home","age":3,"place":{}}"#,
                #"{"kind":"home","age":3,"place":{"city":"Bern","zip":"3012"}}"#,
            ]),
        // As zod writes a union with a discriminator.
        SchemaCase(
            #"{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":"#
                + #"{"steps":{"type":"array","items":{"anyOf":[{"type":"object","properties":"#
                + #"{"kind":{"type":"string","const":"move"},"to":{"type":"array","minItems":2,"#
                + #""maxItems":2,"items":{"type":"number"}}},"required":["kind","to"],"#
                + #""additionalProperties":false},{"type":"object","properties":{"kind":"#
                + #"{"type":"string","const":"wait"},"seconds":{"type":"integer","minimum":1}},"#
                + #""required":["kind","seconds"],"additionalProperties":false}]}}},"#
                + #""required":["steps"],"additionalProperties":false}"#,
            valid: [
                #"{"steps":[]}"#,
                #"{"steps":[{"kind":"move","to":[1,2.5]},{"kind":"wait","seconds":1}]}"#,
            ],
            invalid: [
                "{}", #"{"steps":[{"kind":"jump"}]}"#, #"{"steps":[{"kind":"move","to":[1]}]}"#,
                #"{"steps":[{"kind":"wait","seconds":0.5}]}"#,
                #"{"steps":[{"kind":"wait","seconds":1,"to":[1,2]}]}"#,
            ]),
    ])
    func `schemas that libraries write are judged`(example: SchemaCase) throws {
        try example.check()
    }

    @Test(arguments: [
        ("a", "1", "valid"), ("a", #""x""#, #" type "integer""#), ("xb", "true", "valid"),
        ("xb", "1", #" type "boolean""#), ("other", #""s""#, "valid"),
        ("other", "1", #" type "string""#), ("n\"ä", "null", "valid"),
        ("n\"ä", "1", #" type "null""#), ("list", #"["a",[]]"#, #"/1 type "string""#),
        ("base", #"{"z":1}"#, "/z additionalProperties false"),
    ])
    func `a member is judged as the root describes it`(
        name: String, value: String, account: String
    ) throws {
        let schema = SchemaText(
            ##"{"$ref":"#/$defs/base","type":"object","required":["never"],"properties":"##
                + #"{"a":{"type":"integer"},"n\"\u00e4":{"type":"null"}},"patternProperties":"#
                + #"{"^x":{"type":"boolean"},"^(list|base)$":true},"#
                + #""additionalProperties":{"type":"string"},"$defs":{"base":{"allOf":[{"#
                + #""properties":{"list":{"items":{"type":"string"}},"#
                + #""base":{"additionalProperties":false}}}]}}}"#)
        #expect(try schema.account(of: value, asMember: name) == account)
    }

    @Test func `a member that nothing is said about may be anything`() throws {
        #expect(try SchemaText("{}").verdict(on: "1", asMember: "a") == .valid)
        #expect(try SchemaText("true").verdict(on: "1", asMember: "a") == .valid)
        let closed = SchemaText(#"{"properties":{"b":true},"additionalProperties":false}"#)
        #expect(try closed.account(of: "1", asMember: "a") == " additionalProperties false")
        #expect(try SchemaText("false").account(of: "1", asMember: "a") == " false false")
    }
}
