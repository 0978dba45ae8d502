import Bytes
import TestSupport
import Testing

@testable import Proxy

/// A schema as a test writes it down.
struct SchemaText {
    let text: String

    init(_ text: String) { self.text = text }

    /// Why it is refused, nil where it is not.
    var refusal: SchemaError? {
        let schema = bytes(text)
        do throws(SchemaError) {
            _ = try JSONSchema(schema.span)
            return nil
        } catch {
            return error
        }
    }

    func weighedVerdict(
        on text: String, asMember name: String? = nil
    ) throws -> (verdict: SchemaVerdict, stepCount: Int) {
        let schemaBytes = bytes(self.text)
        try JSONDocument.check(schemaBytes.span)
        let schema = try JSONSchema(schemaBytes.span)
        let valueBytes = bytes(text)
        try JSONDocument.check(valueBytes.span)
        let value = JSONDocument.root(of: valueBytes.span)
        let root = try #require(value)
        guard let name else { return schema.weighedVerdict(on: root, in: valueBytes.span) }
        let nameBytes = bytes(name)
        return schema.weighedVerdict(on: root, asMember: nameBytes.span, in: valueBytes.span)
    }

    func verdict(on value: String, asMember name: String? = nil) throws -> SchemaVerdict {
        try weighedVerdict(on: value, asMember: name).verdict
    }

    /// The fault as `/pointer keyword rule`; "valid" and "too much work" where there is none.
    func account(of value: String, asMember name: String? = nil) throws -> String {
        switch try verdict(on: value, asMember: name) {
        case .valid: return "valid"
        case .tooMuchWork: return "too much work"
        case .invalid(let fault):
            let schemaBytes = bytes(text)
            let schema = try JSONSchema(schemaBytes.span)
            let valueBytes = bytes(value)
            var output = Buffer()
            fault.writePointer(in: valueBytes.span, to: &output)
            output.append(" ")
            output.append(fault.keyword.name)
            output.append(" ")
            schema.writeRule(of: fault, to: &output)
            return output.readable.text
        }
    }
}

/// A schema, and values that it allows and forbids.
struct SchemaCase: CustomTestStringConvertible, Sendable {
    let schema: String
    let valid: [String]
    let invalid: [String]

    init(_ schema: String, valid: [String], invalid: [String]) {
        self.schema = schema
        self.valid = valid
        self.invalid = invalid
    }

    var testDescription: String { schema }

    func check() throws {
        let text = SchemaText(schema)
        for value in valid {
            #expect(try text.verdict(on: value) == .valid, "\(value)")
        }
        for value in invalid {
            guard case .invalid = try text.verdict(on: value) else {
                Issue.record("\(schema) allows \(value)")
                continue
            }
        }
    }
}
