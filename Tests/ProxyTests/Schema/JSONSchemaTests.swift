import Testing

@testable import Proxy

@Suite struct `JSON schemas` {
    @Test(arguments: [
        SchemaCase("true", valid: ["1", "null", "{}"], invalid: []),
        SchemaCase("false", valid: [], invalid: ["1", "null", "{}"]),
        SchemaCase(" {} ", valid: ["1", "[null]"], invalid: []),
        SchemaCase(
            #"{"type":"null"}"#, valid: ["null"], invalid: ["0", "false", #""""#, "[]", "{}"]),
        SchemaCase(
            #"{"type":"boolean"}"#, valid: ["true", "false"], invalid: ["0", "null", #""true""#]),
        SchemaCase(#"{"type":"object"}"#, valid: ["{}", #"{"a":1}"#], invalid: ["[]", "null"]),
        SchemaCase(#"{"type":"array"}"#, valid: ["[]", "[1]"], invalid: ["{}", #""""#]),
        SchemaCase(#"{"type":"string"}"#, valid: [#""""#, #""1""#], invalid: ["1", "null"]),
        SchemaCase(
            #"{"type":"number"}"#, valid: ["1", "-1.5", "1e9"], invalid: [#""1""#, "true"]),
        SchemaCase(
            #"{"type":"integer"}"#, valid: ["1", "1.0", "-10e-1", "0.0", "1e9", "1.5e1"],
            invalid: ["1.5", "1e-1", #""1""#, "true"]),
        SchemaCase(
            #"{"type":["integer","null"]}"#, valid: ["1", "null"], invalid: ["1.5", "[]"]),
        SchemaCase(#"{"ty\u0070e":"\u006eull"}"#, valid: ["null"], invalid: ["1"]),
    ])
    func `types are judged`(example: SchemaCase) throws { try example.check() }

    @Test(arguments: [
        SchemaCase(#"{"minimum":1.5}"#, valid: ["1.5", "2", #""0""#], invalid: ["1.49", "-3"]),
        SchemaCase(#"{"maximum":1.5}"#, valid: ["1.5", "-2", "[]"], invalid: ["1.51", "3"]),
        SchemaCase(
            #"{"exclusiveMinimum":1}"#, valid: ["1.0001", "2"], invalid: ["1", "1.0", "0"]),
        SchemaCase(#"{"exclusiveMaximum":1}"#, valid: ["0.999"], invalid: ["1", "1e0", "2"]),
        SchemaCase(
            #"{"minimum":1,"exclusiveMinimum":true}"#, valid: ["2"], invalid: ["1", "0"]),
        SchemaCase(
            #"{"maximum":1,"exclusiveMaximum":false}"#, valid: ["1"], invalid: ["2"]),
        SchemaCase(
            #"{"minimum":9007199254740993}"#, valid: ["9007199254740993"],
            invalid: ["9007199254740992"]),
        SchemaCase(#"{"maximum":1e400}"#, valid: ["1e399", "1"], invalid: ["1e401"]),
        SchemaCase(
            #"{"multipleOf":0.01}"#, valid: ["19.99", "0", "-1.5", #""x""#], invalid: ["19.999"]),
        SchemaCase(#"{"multipleOf":3}"#, valid: ["9", "9.0", "3e0"], invalid: ["10", "0.3"]),
    ])
    func `numbers are judged`(example: SchemaCase) throws { try example.check() }

    @Test(arguments: [
        SchemaCase(
            #"{"minLength":2}"#, valid: [#""ab""#, #""🦔🦔""#, #""\u0061b""#, "1"],
            invalid: [#""a""#, #""🦔""#, #""\ud83e\udd94""#, #""\n""#, #""""#]),
        SchemaCase(
            #"{"maxLength":2.0}"#, valid: [#""ab""#, #""🦔\ud83e\udd94""#, #""""#, "[1,2,3]"],
            invalid: [#""abc""#, #""e\u0301é""#, #""äöü""#]),
        SchemaCase(
            #"{"pattern":"^[a-z]+$"}"#, valid: [#""abc""#, #""\u0061""#, "1"],
            invalid: [#""""#, #""aB""#, #""a\n""#]),
        SchemaCase(#"{"pattern":"b\\d"}"#, valid: [#""ab1c""#], invalid: [#""abc1""#]),
        SchemaCase(
            #"{"pattern":"(?=a)b","format":"email"}"#, valid: [#""x""#, #""""#], invalid: []),
    ])
    func `strings are judged`(example: SchemaCase) throws { try example.check() }

    @Test(arguments: [
        SchemaCase(#"{"minItems":2}"#, valid: ["[1,2]", "{}"], invalid: ["[]", "[[1,2]]"]),
        SchemaCase(#"{"maxItems":1}"#, valid: ["[]", "[[1,2]]", #""abc""#], invalid: ["[1,2]"]),
        SchemaCase(
            #"{"items":{"type":"string"}}"#, valid: ["[]", #"["a"]"#, "1"],
            invalid: ["[1]", #"["a",["b"]]"#]),
        SchemaCase(#"{"items":false}"#, valid: ["[]"], invalid: ["[1]"]),
        SchemaCase(
            #"{"prefixItems":[{"type":"string"},true],"items":{"type":"null"}}"#,
            valid: ["[]", #"["a"]"#, #"["a",1]"#, #"["a",1,null]"#],
            invalid: ["[1]", #"["a",1,2]"#, #"["a",1,null,2]"#]),
        SchemaCase(
            #"{"prefixItems":[{"type":"string"}]}"#, valid: [#"["a",1]"#], invalid: ["[1]"]),
        SchemaCase(
            #"{"items":[{"type":"string"}],"additionalItems":{"type":"null"}}"#,
            valid: ["[]", #"["a"]"#, #"["a",null]"#], invalid: ["[1]", #"["a",1]"#]),
        SchemaCase(#"{"items":[],"additionalItems":false}"#, valid: ["[]"], invalid: ["[1]"]),
        SchemaCase(#"{"items":true,"additionalItems":false}"#, valid: ["[1]"], invalid: []),
        SchemaCase(
            #"{"uniqueItems":true}"#,
            valid: [
                "[]", "[1,2]", "[1,true,null]", "[0,false]", #"["a","b"]"#, "[[1],[2]]",
                #"[{"a":1},{"a":2}]"#, #"[1,"1"]"#, "[[],{}]",
                "[9007199254740993,9007199254740992]",
            ],
            invalid: [
                "[1,2,1]", "[1,1.0]", #"["a","\u0061"]"#, "[[1],[1.0]]", "[0,-0.0]",
                #"[{"a":1,"b":2},{"b":2,"\u0061":1e0}]"#, "[null,1,null]",
            ]),
        SchemaCase(#"{"uniqueItems":false}"#, valid: ["[1,1]"], invalid: []),
        SchemaCase(
            #"{"contains":{"type":"null"}}"#, valid: ["[1,null]", "{}"], invalid: ["[]", "[1]"]),
        SchemaCase(
            #"{"contains":{"type":"null"},"minContains":2,"maxContains":3}"#,
            valid: ["[null,1,null]", "[null,null,null]"],
            invalid: ["[null]", "[null,null,null,null]"]),
        SchemaCase(
            #"{"contains":false,"minContains":0}"#, valid: ["[]", "[1]"], invalid: []),
        SchemaCase(
            #"{"contains":true,"minContains":0,"maxContains":1}"#, valid: ["[1]"],
            invalid: ["[1,2]"]),
        SchemaCase(#"{"minContains":5}"#, valid: ["[]"], invalid: []),
    ])
    func `arrays are judged`(example: SchemaCase) throws { try example.check() }

    @Test(arguments: [
        SchemaCase(
            #"{"properties":{"a":{"type":"string"},"b":false}}"#,
            valid: ["{}", #"{"a":"x","c":1}"#, #"["a"]"#],
            invalid: [#"{"a":1}"#, #"{"\u0061":1}"#, #"{"b":1}"#]),
        SchemaCase(
            #"{"properties":{"\u0061\n":{"type":"string"}}}"#, valid: [#"{"a\u000a":""}"#],
            invalid: [#"{"a\n":1}"#]),
        SchemaCase(
            #"{"required":["a","b","a"]}"#, valid: [#"{"b":1,"a":null,"c":1}"#, "[]"],
            invalid: ["{}", #"{"a":1}"#, #"{"b":1,"A":2}"#]),
        SchemaCase(#"{"required":[]}"#, valid: ["{}"], invalid: []),
        SchemaCase(
            #"{"properties":{"a":true},"additionalProperties":false}"#, valid: ["{}", #"{"a":1}"#],
            invalid: [#"{"b":1}"#, #"{"a":1,"":1}"#]),
        SchemaCase(
            #"{"additionalProperties":{"type":"integer"}}"#, valid: ["{}", #"{"a":1}"#],
            invalid: [#"{"a":"1"}"#]),
        SchemaCase(
            #"{"patternProperties":{"^x":{"type":"integer"},"y$":{"minimum":5}},"#
                + #""properties":{"xa":{"maximum":9}},"additionalProperties":false}"#,
            valid: [#"{"x":1}"#, #"{"xy":7}"#, #"{"y":"a"}"#, #"{"xa":9}"#],
            invalid: [#"{"x":"a"}"#, #"{"xy":4}"#, #"{"y":4}"#, #"{"xa":10}"#, #"{"z":1}"#]),
        SchemaCase(
            #"{"patternProperties":{"(?!x)":false},"additionalProperties":false}"#,
            valid: [#"{"x":1}"#, "{}"], invalid: []),
        SchemaCase(
            #"{"propertyNames":{"maxLength":2,"pattern":"^a"}}"#, valid: [#"{"ab":1}"#, "{}"],
            invalid: [#"{"abc":1}"#, #"{"b":1}"#]),
        SchemaCase(#"{"propertyNames":false}"#, valid: ["{}"], invalid: [#"{"a":1}"#]),
        SchemaCase(
            #"{"minProperties":1,"maxProperties":2}"#,
            valid: [#"{"a":1}"#, #"{"a":{"b":1,"c":1},"d":1}"#, "[]"],
            invalid: ["{}", #"{"a":1,"b":2,"c":3}"#]),
        SchemaCase(
            #"{"dependentRequired":{"a":["b","c"],"d":[]}}"#,
            valid: ["{}", #"{"b":1}"#, #"{"a":1,"b":1,"c":1}"#, #"{"d":1}"#],
            invalid: [#"{"a":1}"#, #"{"a":1,"b":1}"#]),
        SchemaCase(
            #"{"dependentSchemas":{"a":{"maxProperties":1}}}"#, valid: [#"{"a":1}"#, "{}"],
            invalid: [#"{"a":1,"b":1}"#]),
        SchemaCase(
            #"{"dependencies":{"a":["b"],"c":{"required":["d"]},"e":false}}"#,
            valid: ["{}", #"{"a":1,"b":1}"#, #"{"c":1,"d":1}"#],
            invalid: [#"{"a":1}"#, #"{"c":1}"#, #"{"e":1}"#]),
    ])
    func `objects are judged`(example: SchemaCase) throws { try example.check() }
}
