import ArgumentParser
import Logging
import Proxy

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the OpenAI API (the default).",
        discussion: """
            The API key comes from VENICE_API_KEY or --api-key-file, never from the command line. \
            Every option can also be set as an environment variable: --idle-timeout as \
            E2EE_PROXY_IDLE_TIMEOUT, lists separated by commas.
            """)

    @OptionGroup var options: ServeOptions

    func run() throws {
        do {
            try Console.prepare()
            let reader = SettingsReader(flags: options.flags)
            let log = Console.log(at: try reader.logLevel())
            var run = try ProxyRun(
                try reader.configuration(), log: log,
                reread: { () throws(ConfigurationError) in try reader.configuration() })
            Console.say("listening on http://\(run.address)")
            run.run()
        } catch {
            throw Console.failure(error)
        }
    }
}
