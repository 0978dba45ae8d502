import Foundation
import Testing

/// The source tree as text.
struct SourceFile: CustomTestStringConvertible, Sendable {
    let module: String
    /// Relative to the package's root.
    let path: String
    let text: String

    var testDescription: String { path }
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// The modules the file imports.
    var imports: [String] {
        lines.compactMap { line in
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), index < 3 else { return nil }
            let modifiers: Set<Substring> = [
                "public", "internal", "private", "@testable", "@preconcurrency",
            ]
            guard words[..<index].allSatisfy(modifiers.contains) else { return nil }
            return words[index...].dropFirst().first.map(String.init)
        }
    }
}

enum House {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every Swift file below `folder`.
    static func files(in folder: String) -> [SourceFile] {
        let base = root.appendingPathComponent(folder)
        guard let walk = FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil)
        else { return [] }
        return walk.compactMap { $0 as? URL }
            .filter { $0.pathExtension == "swift" }
            .sorted { $0.path < $1.path }
            .map { url in
                let path = url.path.dropFirst(root.path.count + 1)
                let module = path.split(separator: "/").dropFirst().first.map(String.init) ?? ""
                let text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
                return SourceFile(module: module, path: String(path), text: text)
            }
    }

    static let sources = files(in: "Sources")
}
