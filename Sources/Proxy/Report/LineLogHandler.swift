public import Logging
import Reactor

/// Writes log lines for people to standard error: time, level, message, then `name=value`.
public struct LineLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var logLevel: Logger.Level

    public init(level: Logger.Level) { logLevel = level }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var line = "\(WallClock.now().description) \(event.level) \(event.message)"
        let fields = metadata.merging(event.metadata ?? [:]) { _, own in own }
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) { line += " \(name)=\(value)" }
        StandardError.write(line: line)
    }
}
