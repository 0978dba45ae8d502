import Bytes
import TestSupport
import Testing

@testable import Proxy

@Suite struct `Faults of values` {
    @Test(arguments: [
        (#"{"type":"object"}"#, "[]", #" type "object""#),
        (
            #"{"properties":{"a":{"items":{"minimum":3}}}}"#, #"{"b":[],"a":[4,5,2]}"#,
            "/a/2 minimum 3"
        ),
        (
            #"{"additionalProperties":{"maxLength":1}}"#, #"{"x":"","\u0061/~b":"zz"}"#,
            "/a~1~0b maxLength 1"
        ),
        (#"{"required":["a","b","c"]}"#, #"{"a":1}"#, #" required "b""#),
        (
            #"{"items":{"required":["c","b"]}}"#, #"[{"c":1,"b":1},{}]"#, #"/1 required "c""#
        ),
        (
            #"{"additionalProperties":false}"#, #"{"é":{"x":1}}"#,
            "/é additionalProperties false"
        ),
        (#"{"propertyNames":{"pattern":"^a"}}"#, #"{"a":1,"b":2}"#, #"/b pattern "^a""#),
        (#"{"items":[true],"additionalItems":false}"#, "[1,[2]]", "/1 additionalItems false"),
        (#"{"prefixItems":[false]}"#, "[1]", "/0 items false"),
        (#"{"dependentRequired":{"a":["b"]}}"#, #"{"a":1}"#, #" dependentRequired "b""#),
        (#"{"properties":{"a":{"not":{"const":1}}}}"#, #"{"a":1}"#, #"/a not {"const":1}"#),
        (#"{"oneOf":[true,true]}"#, "1", " oneOf [true,true]"),
        (
            #"{"anyOf":[{"type":"null"},{"type":"string"}]}"#, "1",
            #" anyOf [{"type":"null"},{"type":"string"}]"#
        ),
        (#"{"enum":["a", "b"]}"#, #""c""#, #" enum ["a", "b"]"#),
        (#"{"if":true,"then":{"uniqueItems":true}}"#, "[1,1]", " uniqueItems true"),
        (#"{"if":true,"then":false}"#, "1", " then false"),
        (
            ##"{"properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":false}}"##, #"{"a":1}"#,
            "/a properties false"
        ),
        ("false", "1", " false false"),
    ])
    func `the first is told, with the way to it`(
        schema: String, value: String, account: String
    ) throws {
        #expect(try SchemaText(schema).account(of: value) == account)
    }

    @Test func `of alternatives, the one that the value was meant for is told of`() throws {
        let schema = SchemaText(
            #"{"anyOf":[{"type":"null"},{"type":"object","properties":{"a":{"type":"string"}},"#
                + #""required":["a"]}]}"#)
        #expect(try schema.account(of: #"{"a":1}"#) == #"/a type "string""#)
        #expect(try schema.account(of: "{}") == #" required "a""#)
        #expect(try schema.account(of: "1").hasPrefix(" anyOf ["))
        let kinds = SchemaText(
            #"{"anyOf":[{"properties":{"kind":{"const":"a"},"x":true},"required":["x"]},"#
                + #"{"properties":{"kind":{"const":"b"},"y":{"minimum":1}},"required":["y"]}]}"#)
        #expect(try kinds.account(of: #"{"kind":"b","y":0}"#) == "/y minimum 1")
        #expect(try kinds.account(of: #"{"kind":"b"}"#) == #" required "y""#)
        #expect(try kinds.account(of: #"{"kind":"a"}"#) == #" required "x""#)
        #expect(try kinds.account(of: #"{"kind":"c"}"#).hasPrefix(" anyOf ["))
        let nested = SchemaText(
            #"{"anyOf":[{"type":"null"},{"anyOf":[{"type":"string"},{"type":"boolean"}]}]}"#)
        #expect(try nested.account(of: "1").hasPrefix(" anyOf [{\"type\":\"null\"}"))
    }

    @Test func `every keyword has its name`() {
        for keyword in SchemaKeyword.allCases where keyword != .never {
            let name = bytes("\(keyword.name)")
            let read = SchemaKeyword(name.span)
            #expect(read == keyword)
        }
        let never = bytes("false")
        let none = SchemaKeyword(never.span)
        #expect(none == nil)
        #expect("\(SchemaKeyword.never.name)" == "false")
    }

    @Test func `a value is judged where it stands in its text`() throws {
        let schemaBytes = bytes(#"{"properties":{"a":{"type":"string"}}}"#)
        let schema = try JSONSchema(schemaBytes.span)
        let text = bytes(#"{"tool":"x","arguments": {"b":1, "a" : 2 } }"#)
        let value = JSONDocument.root(of: text.span)?.member("arguments", in: text.span)
        let arguments = try #require(value)
        guard case .invalid(let fault) = schema.verdict(on: arguments, in: text.span) else {
            Issue.record("valid")
            return
        }
        let wrong = text.span.extracting(fault.value).text
        #expect(wrong == "2")
        var output = Buffer()
        fault.writePointer(in: text.span, to: &output)
        let pointer = output.readable.text
        #expect(pointer == "/a")
    }
}
