import E2EE
import Testing

@testable import Proxy

@Suite struct `Software that was seen` {
    @Test func `a text is new once, also after a restart, and each app's own`() throws {
        let folder = TemporaryFolder()
        var full = try FullBench(folder: folder.path)
        #expect(try full.ask().contains("ok"))
        let seen = try #require(full.bench.server.enclaves.reports["m"]?.measurements)
        var isNew: Bool
        var again = SeenSoftware(in: folder.path)
        isNew = again.note(seen, at: 1)
        #expect(!isNew)
        var elsewhere = SeenSoftware(in: nil)
        isNew = elsewhere.note(seen, at: 1)
        #expect(isNew)
        isNew = elsewhere.note(seen, at: 2)
        #expect(!isNew)
        var unread = SeenSoftware(in: "/no/such/folder")
        isNew = unread.note(seen, at: 1)
        #expect(isNew)
    }
}
