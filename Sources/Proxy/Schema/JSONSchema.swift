import Bytes

/// A JSON Schema of a client's, read and kept, to judge values by. It holds its own copy of the
/// schema's text, which is wiped when it is dropped, and beside it numbers only.
///
/// Source: JSON Schema 2020-12, with what older drafts wrote differently: `definitions`,
/// `dependencies`, a list as `items` with `additionalItems`, booleans as `exclusiveMinimum` and
/// `exclusiveMaximum`. Judged by:
///
/// - any value: `type`, `enum`, `const`, `anyOf`, `oneOf`, `allOf`, `not`, `if` `then` `else`,
///   `$ref` to a place in the same text (`#`, `#/…`, or `#name` for the one `$anchor` of the name),
///   together with what stands beside it;
/// - numbers: `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `multipleOf`;
/// - strings: `minLength`, `maxLength` (in Unicode scalars), `pattern` if `Pattern` can match it;
/// - arrays: `items`, `prefixItems`, `minItems`, `maxItems`, `uniqueItems`, `contains`,
///   `minContains`, `maxContains`;
/// - objects: `properties`, `patternProperties` (as `pattern`), `additionalProperties`, `required`,
///   `propertyNames`, `minProperties`, `maxProperties`, `dependentRequired`, `dependentSchemas`.
///
/// Everything else is passed over, as the standard says of unknown keywords: `format`, `title`,
/// `default`, OpenAPI's `nullable`, a pattern that cannot be matched in linear time. (Of an object
/// with such a pattern in `patternProperties` no member counts as additional; under `not`, what is
/// passed over holds, so that `not` does not. `$id` is passed over too: references are from the
/// root of the text, wherever they stand.) Refused are the keywords
/// that would be broken unseen: `unevaluatedProperties` and `unevaluatedItems` (unless they allow
/// everything), `$dynamicRef`, `$recursiveRef`, and `multipleOf` with more than 18 digits. Parts
/// that no value can meet are not looked at, as definitions that nothing refers to.
///
/// Numbers are compared as the decimals they spell, exactly: `1`, `1.0` and `10e-1` are one number
/// and an integer; 0.3 is a multiple of 0.1; 9007199254740993 is not 9007199254740992. Validators
/// that read numbers as doubles differ there. Patterns are ECMA-262's: `\d` and `\w` are ASCII, and
/// `$` is the very end.
///
/// No schema and no value holds the loop for longer than `stepCountMax` allows: whatever is
/// looked at is a step, subschemas that would be judged by themselves are refused, patterns are
/// walked in linear time.
final class JSONSchema: Sendable {
    static let byteCountMax = 64 * 1024
    /// Names and values, those within each other counted each.
    static let valueCountMax = 16 * 1024
    /// Objects and arrays within each other.
    static let depthMax = 64
    /// Subschemas of one and the same value within each other, as `$ref` and `anyOf` put them.
    static let chainMax = 64
    /// The instructions of all patterns; what goes beyond is passed over.
    static let instructionCountMax = 8 * 1024
    static let readingStepCountMax = 1_000_000
    /// The work of one judgement; see `WorkBudget`.
    ///
    /// In proportion to the value, so that a long answer can be judged (a dense one takes two to
    /// three steps a byte), and a hostile schema gets no more than the answer it judges has cost.
    static func stepCountMax(forByteCount byteCount: Int) -> Int {
        min(100_000 + 8 * byteCount, 10_000_000)
    }
    /// Subschemas within each other, at a judgement.
    static let judgementDepthMax = 512

    private let program: SchemaProgram

    /// - `schema`: a JSON value in a text that `JSONDocument.check` has passed.
    /// - Throws: `SchemaError`, each case for its own reason.
    init(_ schema: Span<UInt8>) throws(SchemaError) {
        let program = try SchemaReader.read(schema)
        self.program = program
    }

    /// Names and values, each of which is kept.
    var valueCount: Int { program.valueCount }

    /// What the schema says about `value`, of a text that `JSONDocument.check` has passed.
    func verdict(on value: JSONValue, in bytes: Span<UInt8>) -> SchemaVerdict {
        weighedVerdict(on: value, in: bytes).verdict
    }

    /// What the schema, taken as one of an object, says about `value` as the member `name`: by the
    /// root's `properties`, `patternProperties` and `additionalProperties`, and by those of what it
    /// refers to or lists in `allOf`. What is said about the object as a whole, `propertyNames`
    /// included, is not asked.
    /// - `name`: without escapes.
    func verdict(
        onMember name: Span<UInt8>, value: JSONValue, in bytes: Span<UInt8>
    ) -> SchemaVerdict {
        weighedVerdict(on: value, asMember: name, in: bytes).verdict
    }

    /// The verdict, and the steps it took: at most `stepCountMax` of the value.
    func weighedVerdict(
        on value: JSONValue, asMember name: Span<UInt8>? = nil, in bytes: Span<UInt8>
    ) -> (verdict: SchemaVerdict, stepCount: Int) {
        let stepCountMax = Self.stepCountMax(forByteCount: value.range.count)
        var judgement: Judgement
        do throws(JudgementStop) {
            judgement = try Judgement(of: value, in: bytes, stepCountMax: stepCountMax)
        } catch { return (.tooMuchWork, stepCountMax) }
        let verdict: SchemaVerdict
        do throws(JudgementStop) {
            if let name {
                try program.check(0, asMember: name, by: 0, &judgement, in: bytes)
            } else {
                try program.check(0, by: 0, of: .never, &judgement, in: bytes)
            }
            verdict = .valid
        } catch {
            switch error {
            case .tooMuchWork: verdict = .tooMuchWork
            case .fault(let keyword, let entry, let rule):
                verdict = .invalid(
                    SchemaFault(
                        keyword: keyword, value: judgement.values.entries[entry].value.range,
                        rule: program.index.entries[rule].value.range,
                        path: judgement.path(to: entry)))
            }
        }
        return (verdict, judgement.budget.stepCount)
    }

    /// Appends what the keyword at fault says, as it is written in the schema.
    func writeRule(of fault: SchemaFault, to output: inout Buffer) {
        program.write(fault.rule, to: &output)
    }
}
