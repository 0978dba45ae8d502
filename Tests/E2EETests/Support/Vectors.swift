import Foundation

/// Files of third parties that stay outside the repository.
enum Vectors {
    static let whereToPut: String = "the vectors are not here: set E2EE_VECTORS to their folder"

    static let folder: URL? = {
        let beside = URL(filePath: #filePath).appending(path: "../../../../../shared/vectors")
        let named = ProcessInfo.processInfo.environment["E2EE_VECTORS"].map { URL(filePath: $0) }
        let folder = (named ?? beside).standardized
        return FileManager.default.fileExists(atPath: folder.path()) ? folder : nil
    }()

    static var arePresent: Bool { folder != nil }

    /// nil where the file, or all of them, are missing.
    static func bytes(_ path: String) -> [UInt8]? {
        folder.flatMap { try? Data(contentsOf: $0.appending(path: path)) }.map { Array($0) }
    }

    static func object(_ path: String) -> [String: Any] {
        guard let bytes = bytes(path) else { return [:] }
        let value = try? JSONSerialization.jsonObject(with: Data(bytes))
        return value as? [String: Any] ?? [:]
    }

    /// The tests of a Wycheproof file, each with its group's other members mixed in.
    static func wycheproof(_ name: String) -> [[String: Any]] {
        let groups = object("wycheproof/\(name)")["testGroups"] as? [[String: Any]] ?? []
        return groups.flatMap { group in
            let tests = group["tests"] as? [[String: Any]] ?? []
            return tests.map { $0.merging(group) { own, _ in own } }
        }
    }
}
