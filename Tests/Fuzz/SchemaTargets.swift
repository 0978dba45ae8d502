import Bytes

@testable import Proxy

enum SchemaTargets {
    /// A schema on the first line and a value on the others: the judgement ends within its budget
    /// and points into both, and a value is equal to itself.
    static func schema(_ input: [UInt8]) {
        let lineEnd = input.firstIndex(of: 0x0A) ?? input.endIndex
        let schema = Array(input[..<lineEnd])
        let value = Array(input[lineEnd...].dropFirst())
        guard (try? JSONDocument.check(value.span)) != nil else { return }
        judgeByItself(value)
        guard (try? JSONDocument.check(schema.span)) != nil else { return }
        judge(value, by: schema)
    }

    private static func judge(_ value: [UInt8], by text: [UInt8]) {
        do throws(SchemaError) {
            let schema = try JSONSchema(text.span)
            guard let root = JSONDocument.root(of: value.span) else { return }
            check(schema.weighedVerdict(on: root, in: value.span), by: schema, on: value)
            root.forEachMember(in: value.span) { key, member in
                var name = Buffer()
                JSONString.decode(key, in: value.span, to: &name)
                let outcome = schema.weighedVerdict(
                    on: member, asMember: name.readable, in: value.span)
                check(outcome, by: schema, on: value)
            }
        } catch {
            return
        }
    }

    private static func check(
        _ outcome: (verdict: SchemaVerdict, stepCount: Int), by schema: JSONSchema,
        on value: [UInt8]
    ) {
        precondition(
            outcome.stepCount <= JSONSchema.stepCountMax(forByteCount: value.count),
            "beyond the budget")
        guard case .invalid(let fault) = outcome.verdict else { return }
        precondition(fault.value.upperBound <= value.count, "beyond the value")
        var output = Buffer()
        fault.writePointer(in: value.span, to: &output)
        schema.writeRule(of: fault, to: &output)
        precondition(UTF8Sequence.isWellFormed(output.readable), "no text")
    }

    private static func judgeByItself(_ value: [UInt8]) {
        let schema = Array(#"{"enum":[0,"#.utf8) + value + Array("]}".utf8)
        guard let root = JSONDocument.root(of: value.span) else { return }
        do throws(SchemaError) {
            let itself = try JSONSchema(schema.span)
            if case .invalid = itself.verdict(on: root, in: value.span) {
                preconditionFailure("a value that is not itself")
            }
        } catch {
            precondition(error == .tooLarge || error == .tooDeep, "a value that is no schema's")
        }
    }
}
