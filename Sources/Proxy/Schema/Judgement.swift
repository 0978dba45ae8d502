import Bytes

/// A value that is being judged, and the work that may still be done on it.
struct Judgement {
    let values: ValueIndex
    var budget: WorkBudget
    /// How many nodes are judged within each other.
    var depth = 0

    init(of value: JSONValue, in bytes: Span<UInt8>, stepCountMax: Int) throws(JudgementStop) {
        var budget = WorkBudget(stepCountMax: stepCountMax)
        do throws(ValueIndex.Failure) {
            values = try ValueIndex(
                of: value, in: bytes, depthMax: JSONCursor.depthMax, budget: &budget)
        } catch { throw .tooMuchWork }
        self.budget = budget
    }

    /// The way from the whole value to `entry`.
    func path(to entry: Int) -> [SchemaFault.Step] {
        var path: [SchemaFault.Step] = []
        var container = 0
        while container != entry {
            let isObject = values.entries[container].kind == .object
            var position = 0
            var inner: Int?
            for value in values.contents(of: container) {
                if entry < Int(values.entries[value].next) {
                    let name = values.entries[value - 1].value.range
                    path.append(isObject ? .member(name) : .element(position))
                    inner = value
                    break
                }
                position += 1
            }
            guard let inner, inner <= entry else { return path }
            container = inner
        }
        return path
    }
}
