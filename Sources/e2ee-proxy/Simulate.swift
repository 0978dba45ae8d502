import ArgumentParser
import Proxy
import Simulator

struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "For tests: run the simulated provider alone, until standard input ends.",
        discussion: """
            Writes what a client has to trust into a folder (ca.pem, root.der, gpu-root.der, \
            pins.json) and prints one line of JSON with the addresses. Nothing in it is genuine.
            """,
        shouldDisplay: false)

    @Argument(help: "Folder for the files a client needs.")
    var folder: String

    @Flag(help: "Also offer the models that misbehave, each in its own way.")
    var misbehave = false

    func run() throws {
        do {
            try Console.prepare()
            let simulator = try Simulator.start(allowsMisbehaviour: misbehave)
            try Console.keep(Array(simulator.authorityPEM.utf8), in: folder + "/ca.pem")
            try Console.keep(simulator.teeRoot, in: folder + "/root.der")
            try Console.keep(simulator.gpuRoot, in: folder + "/gpu-root.der")
            try Console.keep(Array(Simulator.pins.utf8), in: folder + "/pins.json")
            Console.show(
                #"{"url":"\#(simulator.url)","collateral":"\#(simulator.collateralURL)","#
                    + #""nras":"\#(simulator.nrasURL)","issuer":"\#(simulator.nrasIssuer)"}"#)
            while readLine() != nil {}
            simulator.stop()
        } catch {
            throw Console.failure(error)
        }
    }
}
