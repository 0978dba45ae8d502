/// A whole JSON text, checked once before anything in it is believed.
public enum JSONDocument {
    /// Checks that `bytes` is one JSON value and nothing else: well-formed UTF-8, no byte order
    /// mark, no half surrogate pairs, no member named twice in any object, nested at most
    /// `JSONCursor.depthMax` deep. Source: RFC 8259, with what it leaves open decided strictly.
    public static func check(_ bytes: Span<UInt8>) throws(JSONError) {
        var walk = Walk()
        try walk.run(in: bytes)
    }

    private struct Walk {
        private struct Level {
            var isObject: Bool
            /// Where this object's keys begin in `keys`.
            var keyStart: Int
        }

        private var cursor = JSONCursor()
        private var levels: [Level] = []
        /// A hash of every key of every open object, the innermost object's last.
        private var keys: [Int] = []

        mutating func run(in bytes: Span<UInt8>) throws(JSONError) {
            repeat {
                try enter(in: bytes)
                while let level = levels.last {
                    guard try !advance(level, in: bytes) else { break }
                    try leave(level)
                }
            } while !levels.isEmpty
            try cursor.end(in: bytes)
        }

        /// Passes a scalar, or opens the container that stands here.
        private mutating func enter(in bytes: Span<UInt8>) throws(JSONError) {
            let kind = try cursor.kind(in: bytes)
            guard kind == .object || kind == .array else {
                _ = try cursor.value(in: bytes)
                return
            }
            guard levels.count < JSONCursor.depthMax else {
                throw .tooDeep(offset: cursor.offset)
            }
            levels.append(Level(isObject: kind == .object, keyStart: keys.count))
            if kind == .object {
                try cursor.beginObject(in: bytes)
            } else {
                try cursor.beginArray(in: bytes)
            }
        }

        /// Moves to the next member of `level`; false at its end.
        private mutating func advance(
            _ level: Level, in bytes: Span<UInt8>
        ) throws(JSONError) -> Bool {
            guard level.isObject else { return try cursor.nextElement(in: bytes) }
            guard let key = try cursor.nextKey(in: bytes) else { return false }
            keys.append(hash(of: key, in: bytes))
            return true
        }

        /// Closes `level`. Equal hashes are taken for equal keys: the hash is seeded afresh in
        /// every process, so nobody can aim at a collision, and chance needs billions of keys for
        /// one.
        private mutating func leave(_ level: Level) throws(JSONError) {
            let own = keys[level.keyStart...].sorted()
            for index in own.indices.dropFirst() where own[index] == own[index - 1] {
                throw .duplicateKey(offset: cursor.offset)
            }
            keys.removeSubrange(level.keyStart...)
            levels.removeLast()
        }

        private func hash(of key: JSONValue, in bytes: Span<UInt8>) -> Int {
            var hasher = Hasher()
            var text = Buffer()
            JSONString.decode(key, in: bytes, to: &text)
            unsafe text.readable.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
            return hasher.finalize()
        }
    }
}
