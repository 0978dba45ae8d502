import ArgumentParser
import Logging
import Proxy

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verify a model's enclave and say what was proven.",
        discussion: """
            Fetches fresh evidence, as the proxy does before it seals a prompt, and prints one \
            line a check. Nothing else is sent to the provider. The exit status is 0 only where \
            the policy is met, 1 where it is not or the provider could not be asked.
            """)

    @Argument(help: "The model, as GET /v1/models names it; not needed with --evidence.")
    var model: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    @Flag(help: "Trust the software that was seen from now on: add it to your pins.")
    var approve = false

    @Option(help: "Keep the evidence in this folder.")
    var save: String?

    @Option(help: "Verify the evidence in this folder again; nothing is fetched.")
    var evidence: String?

    @Option(help: "With --evidence: the time of the verification in Unix seconds. (default: then)")
    var at: Int?

    @OptionGroup var options: ServeOptions

    func validate() throws {
        guard (model == nil) != (evidence == nil) else {
            throw ValidationError("Name a model, or give --evidence.")
        }
        guard evidence != nil || at == nil else { throw ValidationError("--at needs --evidence.") }
        guard evidence == nil || save == nil else {
            throw ValidationError("--save is for evidence that is fetched.")
        }
    }

    func run() throws {
        let document: VerificationDocument
        var approved: String?
        do {
            try Console.prepare()
            let reader = SettingsReader(flags: options.flags)
            let log = Console.log(at: options.logLevel == nil ? .error : try reader.logLevel())
            let run = VerificationRun(try reader.configuration(), log: log)
            if let evidence {
                document = try run.again(evidenceIn: evidence, at: at)
            } else {
                document = try run.live(model ?? "", savingTo: save)
            }
            if approve { approved = try run.approve(document) }
        } catch {
            throw Console.failure(error)
        }
        Console.show(json ? document.json : document.text)
        if let approved {
            Console.say("approved: added to \(approved); verify again to see it hold")
        }
        guard document.isVerified else { throw ExitCode(1) }
    }
}
