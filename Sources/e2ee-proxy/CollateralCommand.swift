import ArgumentParser
import Proxy

struct CollateralCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collateral",
        abstract: "Carry Intel's collateral between machines, or forget what was seen of it.",
        subcommands: [Export.self, Import.self, Reset.self])

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy what is in the cache to a folder.")

        @Argument(help: "The folder.") var folder: String
        @OptionGroup var options: ServeOptions

        func run() throws {
            try CollateralCommand.run(options) { try $0.export(to: folder) }
        }
    }

    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy an exported folder into the cache.",
            discussion: """
                What is imported is believed no more than what is fetched: every verification \
                checks its signatures, its age, and that it is not older than what was seen before.
                """)

        @Argument(help: "The folder.") var folder: String
        @OptionGroup var options: ServeOptions

        func run() throws {
            try CollateralCommand.run(options) { try $0.import(from: folder) }
        }
    }

    struct Reset: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget which collateral was seen, and what is in the cache.",
            discussion: """
                Afterwards older collateral is accepted once more, as on a fresh machine. Needed \
                after a change of --collateral-url's update channel, and for nothing else.
                """)

        @OptionGroup var options: ServeOptions

        func run() throws { try CollateralCommand.run(options) { try $0.reset() } }
    }

    private static func run(
        _ options: ServeOptions, _ body: (CollateralCache) throws -> String
    ) throws {
        do {
            try Console.prepare()
            let reader = SettingsReader(flags: options.flags)
            Console.show(try body(CollateralCache(try reader.configuration())))
        } catch {
            throw Console.failure(error)
        }
    }
}
