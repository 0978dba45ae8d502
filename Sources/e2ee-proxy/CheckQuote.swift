import ArgumentParser
import Proxy

struct CheckQuote: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-quote",
        abstract: "Verify one TDX quote against one bundle of collateral.",
        discussion: """
            Nothing is fetched. The exit status is 0 once there is a verdict, whatever it is, and \
            2 where a file could not be read. With --batch every line of standard input holds \
            {"quote":HEX,"collateral":{…},"at":UNIX_SECONDS}, and each is answered by one line.
            """)

    @Option(help: "File with the quote's raw bytes.")
    var quote: String?

    @Option(help: "File with the collateral: JSON with the members of QuoteCollateralV3.")
    var collateral: String?

    @Option(help: "Time of the verification in Unix seconds. (default: now)")
    var at: Int?

    @Option(help: "Trust this certificate (DER) in the place of Intel's root: for tests only.")
    var root: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    @Flag(help: "Verify many quotes, one a line of standard input.")
    var batch = false

    func validate() throws {
        guard batch != (quote != nil && collateral != nil) else {
            throw ValidationError("Give --quote and --collateral, or --batch.")
        }
    }

    func run() throws {
        do {
            try Console.prepare()
            let inspection = try QuoteInspection(rootFile: root)
            guard let quote, let collateral else {
                while let line = readLine() { Console.show(inspection.answer(to: line)) }
                return
            }
            let report = try inspection.report(
                quoteFile: quote, collateralFile: collateral, at: at)
            Console.show(json ? report.json : report.text)
        } catch {
            Console.say("e2ee-proxy: \(error)")
            throw ExitCode(2)
        }
    }
}
