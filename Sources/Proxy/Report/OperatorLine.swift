import Reactor

/// A file for the operator.
public enum OperatorFile {
    /// Writes it whole, for the owner alone.
    public static func write(_ content: [UInt8], to path: String) throws {
        try StoredFile.write(content.span, to: path)
    }
}

/// A line for the operator that is no log entry.
public enum OperatorLine {
    /// To be called first: sees to it that lines for the operator reach nobody else, and that the
    /// process can end at any moment.
    public static func prepare() throws {
        try ProcessHardening.openStandardStreams()
        CryptographyLibrary.outliveThreads()
    }

    /// On standard error.
    public static func write(_ line: String) { StandardError.write(line: line) }

    /// On standard output, at once, also where that is no terminal.
    public static func show(_ text: String) { StandardOutput.write(line: text) }
}
