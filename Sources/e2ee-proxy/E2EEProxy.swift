import ArgumentParser
import Proxy

@main struct E2EEProxy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "e2ee-proxy",
        abstract: "A local OpenAI endpoint for end-to-end encrypted models.",
        discussion: """
            Apps talk the plain OpenAI API to http://127.0.0.1:5111/v1. The proxy verifies the \
            enclave of the model they ask for, seals every prompt to it, and opens the sealed \
            answer.
            """,
        version: Version.current,
        subcommands: [
            Serve.self, Demo.self, Verify.self, CheckQuote.self, CollateralCommand.self,
            VersionCommand.self, Simulate.self,
        ],
        defaultSubcommand: Serve.self)
}
