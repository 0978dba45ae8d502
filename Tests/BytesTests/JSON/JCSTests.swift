import Bytes
import Testing

@Suite struct JCSTests {
    private func canonical(
        _ json: String, restoresMaximum: Bool = false
    ) -> Result<String, JCS.Failure> {
        let bytes = Array(json.utf8)
        guard (try? JSONDocument.check(bytes.span)) != nil,
            let root = JSONDocument.root(of: bytes.span)
        else { fatalError("not JSON: \(json)") }
        var output = Buffer()
        do throws(JCS.Failure) {
            try JCS.append(
                root, in: bytes.span, restoresMaximum: restoresMaximum, to: &output)
        } catch {
            return .failure(error)
        }
        return .success(output.readable.text)
    }

    @Test(arguments: [
        ("{ }", "{}"), ("[ ]", "[]"), (" [ 1 , 2 ] ", "[1,2]"), ("[[],{}]", "[[],{}]"),
        (#"{"b":1,"a":{"d":null,"c":[true,false]}}"#, #"{"a":{"c":[true,false],"d":null},"b":1}"#),
        (#""\u0041\/\u00e9\ud83d\ude00""#, "\"A/é😀\""),
        (#""\b\f\n\r\t\u0001\u001F\"\\\u007f""#, "\"\\b\\f\\n\\r\\t\\u0001\\u001f\\\"\\\\\u{7F}\""),
        (#"{"\ue000":2,"\ud800\udc00":1}"#, "{\"\u{10000}\":1,\"\u{E000}\":2}"),
        (#"{"\u0062":1,"a":2}"#, #"{"a":2,"b":1}"#), (#"{"":1,"a":2}"#, #"{"":1,"a":2}"#),
        ("18446744073709551615", "18446744073709551615"), ("0", "0"), ("-1", "-1"),
        ("-9223372036854775808", "-9223372036854775808"),
    ])
    func `a value has one form`(json: String, form: String) {
        #expect(canonical(json) == .success(form))
        #expect(canonical(form) == .success(form))
    }

    @Test(arguments: ["1.5", "1.0", "1e3", "-0", "18446744073709551616", "-9223372036854775809"])
    func `a number that is not whole or too large has none`(number: String) {
        #expect(canonical(number) == .failure(.notInteger(offset: 0)))
        #expect(canonical("[[\(number)]]") == .failure(.notInteger(offset: 2)))
    }

    @Test(arguments: ["18446744073709552000", "1.8446744073709552e19", "1.8446744073709552E+19"])
    func `the largest number can be taken for what it was before it was rounded`(number: String) {
        #expect(canonical(number) == .failure(.notInteger(offset: 0)))
        #expect(canonical(number, restoresMaximum: true) == .success("18446744073709551615"))
    }
}
