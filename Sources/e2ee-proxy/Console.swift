import ArgumentParser
import Logging
import Proxy

/// What the operator sees.
enum Console {
    /// To be called before anything is opened.
    static func prepare() throws { try OperatorLine.prepare() }

    static func log(at level: Logger.Level) -> Logger {
        Logger(label: "e2ee-proxy") { _ in LineLogHandler(level: level) }
    }

    /// A line on standard error.
    static func say(_ line: String) { OperatorLine.write(line) }

    /// What the command was asked for, on standard output, at once.
    static func show(_ text: String) { OperatorLine.show(text) }

    /// A file that somebody else will read.
    static func keep(_ content: [UInt8], in path: String) throws {
        try OperatorFile.write(content, to: path)
    }

    /// The reason why the program ends, as one line, with exit status 1.
    static func failure(_ error: any Error) -> ExitCode {
        say("e2ee-proxy: \(error)")
        return ExitCode(1)
    }
}
