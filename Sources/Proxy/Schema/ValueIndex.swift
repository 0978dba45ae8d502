import Bytes

/// Every value of a JSON text in the order they stand there, so that what a container holds is
/// walked without reading it again. Offsets and hashes only: the text is lent at every call.
struct ValueIndex: Sendable {
    struct Entry: Sendable {
        let kind: JSONValue.Kind
        /// Whether a string holds escapes.
        let isEscaped: Bool
        let lowerBound: UInt32
        fileprivate(set) var upperBound: UInt32
        /// The entry behind this value and all it holds.
        fileprivate(set) var next: UInt32
        /// How many members or elements it has.
        fileprivate(set) var count: UInt32 = 0
        /// The same for equal values.
        fileprivate(set) var hash: UInt32 = 0

        var value: JSONValue { JSONValue(kind: kind, range: Int(lowerBound)..<Int(upperBound)) }
    }

    enum Failure: Error, Equatable {
        case tooDeep
        case tooMuchWork
        /// Not JSON; nothing that `JSONDocument.check` passed.
        case unreadable
    }

    /// The value itself first; an object is followed by a name, the member's value, a name, ….
    private(set) var entries: [Entry] = []

    /// - Cost: a step for each value, and for its bytes.
    init(
        of value: JSONValue, in bytes: Span<UInt8>, depthMax: Int, budget: inout WorkBudget
    ) throws(Failure) {
        do throws(JudgementStop) { try budget.spend(byteCount: value.range.count) } catch {
            throw .tooMuchWork
        }
        guard bytes.count < UInt32.max else { throw .tooMuchWork }
        var cursor = JSONCursor(at: value.range.lowerBound)
        /// The containers that are open, the innermost last.
        var open: [Int] = []
        repeat {
            do throws(JSONError) { try enter(&cursor, &open, in: bytes) } catch {
                throw .unreadable
            }
            guard open.count <= depthMax else { throw .tooDeep }
            while let container = open.last {
                let hasNext: Bool
                do throws(JSONError) {
                    hasNext = try advance(container, &cursor, in: bytes)
                } catch { throw .unreadable }
                if hasNext { break }
                close(container, at: cursor.offset)
                open.removeLast()
            }
            do throws(JudgementStop) { try budget.spend() } catch { throw .tooMuchWork }
        } while !open.isEmpty
    }

    /// Passes a scalar, or opens the container that stands here.
    private mutating func enter(
        _ cursor: inout JSONCursor, _ open: inout [Int], in bytes: Span<UInt8>
    ) throws(JSONError) {
        switch try cursor.kind(in: bytes) {
        case .object:
            open.append(append(JSONValue(kind: .object, range: cursor.offset..<cursor.offset)))
            try cursor.beginObject(in: bytes)
        case .array:
            open.append(append(JSONValue(kind: .array, range: cursor.offset..<cursor.offset)))
            try cursor.beginArray(in: bytes)
        default:
            let value = try cursor.value(in: bytes)
            appendScalar(value, in: bytes)
        }
    }

    /// Moves to the next member of `container`; false at its end.
    private mutating func advance(
        _ container: Int, _ cursor: inout JSONCursor, in bytes: Span<UInt8>
    ) throws(JSONError) -> Bool {
        if entries[container].kind == .array {
            guard try cursor.nextElement(in: bytes) else { return false }
        } else {
            guard let key = try cursor.nextKey(in: bytes) else { return false }
            appendScalar(key, in: bytes)
        }
        entries[container].count += 1
        return true
    }

    @discardableResult
    private mutating func append(_ value: JSONValue, isEscaped: Bool = false) -> Int {
        entries.append(
            Entry(
                kind: value.kind, isEscaped: isEscaped, lowerBound: UInt32(value.range.lowerBound),
                upperBound: UInt32(value.range.upperBound), next: UInt32(entries.count + 1)))
        return entries.count - 1
    }

    private mutating func appendScalar(_ value: JSONValue, in bytes: Span<UInt8>) {
        let hash: Int
        var isEscaped = false
        switch value.kind {
        case .string:
            hash = JSONString.hash(value, in: bytes)
            isEscaped = bytes.extracting(value.inside).firstIndex(of: .backslash) != nil
        case .number:
            var hasher = Hasher()
            JSONNumber(value, in: bytes).hash(in: bytes, into: &hasher)
            hash = hasher.finalize()
        case .bool(let isTrue): hash = isTrue ? 1 : 2
        default: hash = 3
        }
        let entry = append(value, isEscaped: isEscaped)
        entries[entry].hash = UInt32(truncatingIfNeeded: hash)
    }

    /// Notes where `container` ends, and what all it holds hashes to: members in any order.
    private mutating func close(_ container: Int, at offset: Int) {
        entries[container].upperBound = UInt32(offset)
        entries[container].next = UInt32(entries.count)
        var hasher = Hasher()
        var sum = 0
        var entry = container + 1
        let isObject = entries[container].kind == .object
        while entry < entries.count {
            if isObject {
                var member = Hasher()
                member.combine(entries[entry].hash)
                member.combine(entries[entry + 1].hash)
                sum &+= member.finalize()
                entry += 1
            } else {
                hasher.combine(entries[entry].hash)
            }
            entry = Int(entries[entry].next)
        }
        hasher.combine(isObject)
        hasher.combine(sum)
        entries[container].hash = UInt32(truncatingIfNeeded: hasher.finalize())
    }
}

extension ValueIndex {
    /// The entries that `container` holds; in an object names and values take turns.
    func contents(of container: Int) -> Contents {
        Contents(index: self, container: container)
    }

    struct Contents: Sequence, IteratorProtocol {
        private let entries: [Entry]
        private let end: Int
        private let isObject: Bool
        private var upcoming: Int

        fileprivate init(index: ValueIndex, container: Int) {
            entries = index.entries
            end = Int(index.entries[container].next)
            isObject = index.entries[container].kind == .object
            upcoming = container + 1
        }

        /// The next element, or the next member: its value, with the name right before it.
        mutating func next() -> Int? {
            guard upcoming < end else { return nil }
            let value = isObject ? upcoming + 1 : upcoming
            upcoming = Int(entries[value].next)
            return value
        }
    }
}
