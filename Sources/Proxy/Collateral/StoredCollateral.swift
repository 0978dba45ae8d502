import Bytes
import E2EE
import Reactor

/// Collateral with the time it was fetched, as it lies in the cache: one JSON object with the
/// members of `QuoteCollateralV3` and `fetched_at` in Unix seconds.
struct StoredCollateral: Sendable {
    let collateral: Collateral
    let fetchedAt: Int

    init(_ collateral: Collateral, fetchedAt: Int) {
        self.collateral = collateral
        self.fetchedAt = fetchedAt
    }

    /// What lies in `folder` for `platform`; nil where there is nothing that can be read. Whether
    /// it still holds is for a verification to say. Blocks.
    init?(in folder: String, for platform: QuotedPlatform) {
        let content: Buffer
        let path = Self.path(in: folder, for: platform)
        do throws(SmallFile.Failure) {
            content = try SmallFile.read(
                path, isSecret: false, byteCountMax: Collateral.byteCountMax)
        } catch {
            return nil
        }
        let json = content.readable.array
        guard let collateral = try? Collateral(json.span) else { return nil }
        let seconds = JSONDocument.root(of: json.span)?.member("fetched_at", in: json.span)
        self.init(collateral, fetchedAt: seconds?.decimal(in: json.span) ?? 0)
    }

    /// Keeps it in `folder`. Blocks.
    func write(to folder: String, for platform: QuotedPlatform) throws(SystemError) {
        var json = Buffer()
        collateral.write(to: &json, extra: #""fetched_at":\#(fetchedAt)"#)
        try StoredFile.write(json.readable, to: Self.path(in: folder, for: platform))
    }

    /// The folder of all bundles.
    static func folder(in cache: String) -> String { cache + "/collateral" }

    private static func path(in folder: String, for platform: QuotedPlatform) -> String {
        let name = Hex.string(platform.fmspc.span)
        return "\(Self.folder(in: folder))/\(name)-\(platform.authority.rawValue).json"
    }
}
