import Bytes
import E2EE
import Reactor

/// The folder where collateral is kept between runs, for those who carry it to other machines.
public struct CollateralCache: Sendable {
    private let cacheFolder: String
    private let stateFolder: String?

    /// - Throws: where nothing is kept, for want of a home or a setting.
    public init(_ configuration: Configuration) throws(EvidenceFailure) {
        guard let folder = configuration.cacheFolder else {
            throw EvidenceFailure("no folder: set HOME, or give --cache-dir")
        }
        cacheFolder = folder
        stateFolder = configuration.stateFolder
    }

    /// Copies every bundle to `folder`.
    /// - Returns: a line that says what was done.
    public func export(to folder: String) throws -> String {
        let count = try copy(from: StoredCollateral.folder(in: cacheFolder), to: folder)
        return "\(count) bundles copied to \(folder)"
    }

    /// Copies every bundle of `folder` into the cache.
    public func `import`(from folder: String) throws -> String {
        let count = try copy(from: folder, to: StoredCollateral.folder(in: cacheFolder))
        guard count > 0 else { throw EvidenceFailure("\(folder): there is no collateral in it") }
        return "\(count) bundles copied to the cache"
    }

    /// Forgets what was seen, and empties the cache.
    public func reset() throws -> String {
        let folder = StoredCollateral.folder(in: cacheFolder)
        let names = FolderListing.names(in: folder).filter { $0.hasSuffix(".json") }
        for name in names { try StoredFile.remove("\(folder)/\(name)") }
        if let stateFolder { try StoredFile.remove(EvaluationFloor.path(in: stateFolder)) }
        return "\(names.count) bundles removed; what was seen before is forgotten"
    }

    private func copy(from source: String, to target: String) throws -> Int {
        var count = 0
        for name in FolderListing.names(in: source) where name.hasSuffix(".json") {
            let content: Buffer
            do throws(SmallFile.Failure) {
                content = try SmallFile.read(
                    "\(source)/\(name)", isSecret: false, byteCountMax: Collateral.byteCountMax)
            } catch {
                throw EvidenceFailure("\(source)/\(name): it cannot be read")
            }
            let json = content.readable.array
            do throws(AttestationError) { _ = try Collateral(json.span) } catch {
                throw EvidenceFailure("\(source)/\(name): it is no bundle of collateral")
            }
            try StoredFile.write(json.span, to: "\(target)/\(name)")
            count += 1
        }
        return count
    }
}
