@testable import Proxy

extension String {
    func components(of mark: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self[...]
        while let start = rest.indices.first(where: { rest[$0...].hasPrefix(mark) }) {
            rest = rest[start...].dropFirst(mark.count)
            parts.append(rest)
        }
        return parts
    }

    func replacingFirst(_ old: String, _ new: String) -> String {
        guard let start = indices.first(where: { self[$0...].hasPrefix(old) }) else { return self }
        return self[..<start] + new + self[start...].dropFirst(old.count)
    }
}

extension AccessKey {
    /// A key that a test names.
    convenience init(_ text: String) { self.init(text.utf8Span.span) }
}
