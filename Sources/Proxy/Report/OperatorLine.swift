import Reactor

/// A line for the operator that is no log entry.
public enum OperatorLine {
    public static func write(_ line: String) { StandardError.write(line: line) }
}
