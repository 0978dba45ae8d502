import Bytes
import TestSupport
import Testing

@testable import Proxy

@Suite struct `The limits of schemas` {
    @Test func `a schema has so many bytes and no more`() {
        let frame = #"{"title":""}"#
        let most = String(repeating: "x", count: JSONSchema.byteCountMax - frame.utf8.count)
        #expect(SchemaText(#"{"title":"\#(most)"}"#).refusal == nil)
        #expect(SchemaText(#"{"title":"\#(most)x"}"#).refusal == .tooLarge)
    }

    @Test func `a schema has so many values and no more`() {
        // The object, the name and the list are three.
        func schema(_ count: Int) -> SchemaText {
            let values = [String](repeating: "1", count: count).joined(separator: ",")
            return SchemaText(#"{"enum":[\#(values)]}"#)
        }
        #expect(schema(JSONSchema.valueCountMax - 3).refusal == nil)
        #expect(schema(JSONSchema.valueCountMax - 2).refusal == .tooLarge)
    }

    @Test func `a schema is nested so deep and no deeper`() {
        func schema(_ depth: Int) -> SchemaText {
            let open = String(repeating: #"{"items":"#, count: depth - 1)
            return SchemaText(open + "{}" + String(repeating: "}", count: depth - 1))
        }
        #expect(schema(JSONSchema.depthMax).refusal == nil)
        #expect(schema(JSONSchema.depthMax + 1).refusal == .tooDeep)
    }

    @Test func `so many subschemas of one value are within each other and no more`() {
        func schema(_ count: Int) -> SchemaText {
            let links = (1..<(count - 1)).map { ##""\##($0)":{"$ref":"#/$defs/\##($0 + 1)"}"## }
            return SchemaText(
                ##"{"$ref":"#/$defs/1","$defs":{\##(links.joined(separator: ",")),"\##(count - 1)":{}}}"##
            )
        }
        #expect(schema(JSONSchema.chainMax).refusal == nil)
        #expect(schema(JSONSchema.chainMax + 1).refusal == .tooDeep)
    }

    @Test func `references that are too much to look up make a schema too large`() {
        let names = (0..<2000).map { #""n\#($0)":{}"# }.joined(separator: ",")
        let last = ##"{"$ref":"#/$defs/n1999"}"##
        let few = [String](repeating: last, count: 100).joined(separator: ",")
        let many = [String](repeating: last, count: 1000).joined(separator: ",")
        #expect(SchemaText(#"{"prefixItems":[\#(few)],"$defs":{\#(names)}}"#).refusal == nil)
        #expect(SchemaText(#"{"prefixItems":[\#(many)],"$defs":{\#(names)}}"#).refusal == .tooLarge)
    }

    @Test func `patterns beyond what a schema may have are passed over`() throws {
        let patterns = (0..<20).map { #"{"pattern":"^x{500}$","title":"\#($0)"}"# }
        let schema = SchemaText(#"{"prefixItems":[\#(patterns.joined(separator: ","))]}"#)
        func value(_ position: Int) -> String {
            let exact = #""\#(String(repeating: "x", count: 500))""#
            return "[\((0..<20).map { $0 == position ? "\"\"" : exact }.joined(separator: ","))]"
        }
        guard case .invalid = try schema.verdict(on: value(0)) else {
            Issue.record("the first pattern was passed over")
            return
        }
        #expect(try schema.verdict(on: value(19)) == .valid)
    }

    private static let bits = (0..<20).map {
        ##"{"anyOf":[{"$ref":"#/$defs/\##($0 + 1)"},"##
            + ##"{"$ref":"#/$defs/\##($0 + 1)"}]}"##
    }
    private static let ones = String(repeating: "1,", count: 100_000) + "1"
    private static let numbers = (0..<100_000).map(String.init).joined(separator: ",")
    private static let names = (0..<4000).map { "\"k\($0)\":1" }.joined(separator: ",")
    private static let letters = String(repeating: "a", count: 300_000)

    private static let lengths = [String](repeating: #"{"minLength":1}"#, count: 2000)
        .joined(separator: ",")

    /// Schemas and values made to hold the loop.
    private static let hostile: [(name: String, schema: String, value: String)] = [
        (
            "alternatives that double",
            ##"{"$ref":"#/$defs/0","$defs":{"##
                + bits.enumerated().map { "\"\($0.offset)\":\($0.element)" }.joined(separator: ",")
                + #","20":{"type":"null"}}}"#, "1"
        ),
        (
            "alternatives that double with every level of the value",
            ##"{"anyOf":[{"items":{"$ref":"#"}},{"items":{"$ref":"#"}}],"minItems":1}"##,
            String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        ),
        (
            "many choices for many elements",
            #"{"items":{"enum":["# + (0..<10_000).map(String.init).joined(separator: ",") + "]}}",
            "[\(String(repeating: "9999,", count: 100))9999]"
        ),
        (
            "equal objects with many members",
            #"{"const":{"# + names + "}}",
            "{\((0..<4000).reversed().map { "\"k\($0)\":1" }.joined(separator: ","))}"
        ),
        ("a wide pattern", #"{"pattern":"(a?){200}b$"}"#, "\"\(letters)\""),
        (
            "many patterns for many names",
            #"{"patternProperties":{"#
                + (0..<200).map { "\"a*a*\($0)$\":true" }.joined(separator: ",") + "}}",
            "{\((0..<500).map { "\"aaaaaaaaaaaaaaaa\($0)\":1" }.joined(separator: ","))}"
        ),
        ("a long text that is looked at often", #"{"allOf":[\#(lengths)]}"#, "\"\(letters)\""),
    ]

    /// Long values, and schemas that look at all of them.
    private static let heavy: [(name: String, schema: String, value: String)] = [
        ("a long array", #"{"items":{"type":"integer","minimum":0}}"#, "[\(ones)]"),
        ("a long array without equals", #"{"uniqueItems":true}"#, "[\(numbers)]"),
        ("a long text", "{}", "\"\(String(repeating: "x", count: 8_000_000))\""),
        ("many values", "{}", "[\(String(repeating: "[],", count: 400_000))[]]"),
    ]

    @Test(arguments: heavy.indices)
    func `what is only long is judged`(index: Int) throws {
        let (name, schema, value) = Self.heavy[index]
        let (verdict, stepCount) = try SchemaText(schema).weighedVerdict(on: value)
        #expect(verdict == .valid, "\(name)")
        #expect(stepCount <= JSONSchema.stepCountMax(forByteCount: value.utf8.count), "\(name)")
    }

    @Test(arguments: hostile.indices)
    func `what would take too long ends within its budget`(index: Int) throws {
        let (name, schema, value) = Self.hostile[index]
        let (verdict, stepCount) = try SchemaText(schema).weighedVerdict(on: value)
        #expect(verdict == .tooMuchWork, "\(name)")
        #expect(stepCount <= JSONSchema.stepCountMax(forByteCount: value.utf8.count), "\(name)")
    }

    @Test func `a value is judged so deep and no deeper`() throws {
        // Each level of the value is one of the schema, and as many again by reference.
        let links = (1..<20).map { ##""\##($0)":{"$ref":"#/$defs/\##($0 + 1)"}"## }
        let schema = SchemaText(
            ##"{"$ref":"#/$defs/1","$defs":{\##(links.joined(separator: ",")),"##
                + ##""20":{"items":{"$ref":"#"}}}}"##)
        func value(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(try schema.account(of: value(23)) == "valid")
        #expect(try schema.verdict(on: value(24)) == .tooMuchWork)
        #expect(try SchemaText(##"{"items":{"$ref":"#"}}"##).verdict(on: value(128)) == .valid)
    }

    @Test func `what people send is far from the limits`() throws {
        let item = #"{"name":"a name of a thing","tags":["x","y"],"count":3,"price":1.5}"#
        let schema = SchemaText(
            #"{"type":"array","items":{"type":"object","properties":{"name":{"type":"string","#
                + #""pattern":"^[a-z ]+$"},"tags":{"type":"array","items":{"enum":["x","y","z"]},"#
                + #""uniqueItems":true},"count":{"type":"integer","minimum":0},"price":"#
                + #"{"anyOf":[{"type":"number"},{"type":"null"}]}},"#
                + #""required":["name","tags","count","price"],"additionalProperties":false}}"#)
        let value = "[\([String](repeating: item, count: 500).joined(separator: ","))]"
        let (verdict, stepCount) = try schema.weighedVerdict(on: value)
        #expect(verdict == .valid)
        #expect(stepCount < JSONSchema.stepCountMax(forByteCount: value.utf8.count) / 2)
        let file = SchemaText(#"{"properties":{"content":{"type":"string"}}}"#)
        let content = String(repeating: "a line of text\\n", count: 60_000)
        #expect(try file.verdict(on: #"{"content":"\#(content)"}"#) == .valid)
    }

    @Test func `text that was not checked is not taken for valid`() throws {
        let schemaBytes = bytes("{}")
        let schema = try JSONSchema(schemaBytes.span)
        let text = bytes(#"{"a":[1,}"#)
        let value = JSONValue(kind: .object, range: 0..<text.count)
        #expect(schema.verdict(on: value, in: text.span) == .tooMuchWork)
    }
}
