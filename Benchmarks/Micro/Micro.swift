import Bytes
import E2EE
import HTTP

/// Times the parts of a chunk's way, each on its own. `--short` takes a twentieth of the rounds.
///
/// The figures are the least of several rounds, in nanoseconds: on a shared machine the least is
/// what the code costs, the rest is what others took.
@main enum Micro {
    static func main() throws {
        let isShort = CommandLine.arguments.contains("--short")
        var report = Report(scale: isShort ? 1 : 20)
        Subjects.hex(&report)
        Subjects.json(&report)
        try Subjects.events(&report)
        try Subjects.chunked(&report)
        try Subjects.envelope(&report)
    }
}
