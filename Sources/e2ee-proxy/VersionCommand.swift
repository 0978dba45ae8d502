import ArgumentParser
import Proxy

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version.")

    func run() { print("e2ee-proxy \(Version.current)") }
}
