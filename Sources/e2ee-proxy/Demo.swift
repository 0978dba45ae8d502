import ArgumentParser
import Logging
import Proxy
import Simulator

struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Try the proxy in front of a simulated enclave, without an API key.",
        discussion: """
            The simulation runs inside this process, over real TLS and with real encryption. It \
            proves nothing about any provider, and nothing leaves the machine.
            """)

    @Option(help: "Port to listen on; 0 takes a free one. (default: 5111)")
    var port: String?

    func run() throws {
        do {
            try Console.prepare()
            let simulator = try Simulator.start()
            let reader = SettingsReader(
                flags: [
                    .upstreamURL: [simulator.url], .collateralURL: [simulator.collateralURL],
                    .nrasURL: [simulator.nrasURL], .nrasIssuer: [simulator.nrasIssuer],
                    .port: port.map { [$0] } ?? [],
                ])
            let log = Console.log(at: try reader.logLevel())
            var configuration = try reader.configuration()
            configuration.apiKey = AccessKey("demo".utf8Span.span)
            configuration.attestationRoot = simulator.teeRoot
            configuration.gpuRoot = simulator.gpuRoot
            try configuration.trustOnly(pins: Simulator.pins)
            // Every demo has a root of its own: nothing of one is of use to the next.
            configuration.cacheFolder = nil
            configuration.stateFolder = nil
            configuration.trustOnly(certificates: simulator.authorityPEM)
            var run = try ProxyRun(configuration, log: log)
            Console.say("listening on http://\(run.address)")
            Console.show(Self.welcome(at: "http://\(run.address)"))
            run.run()
            simulator.stop()
        } catch {
            throw Console.failure(error)
        }
    }

    private static func welcome(at url: String) -> String {
        """

        THIS IS A SIMULATION. The provider and its enclave run inside this process: the
        encryption is real, the hardware is not, and the models only repeat what they are told.

        Paste into another terminal:

        curl -N \(url)/v1/chat/completions \
        -H 'Content-Type: application/json' -d '\
        {"model":"e2ee-demo-echo","stream":true,\
        "messages":[{"role":"user","content":"Who can read this?"}]}'

        Or with the openai package for Python (pip install openai):

        from openai import OpenAI
        client = OpenAI(base_url="\(url)/v1", api_key="unused")
        stream = client.chat.completions.create(
            model="e2ee-demo-lorem",
            messages=[{"role": "user", "content": "rate=30 chunks=60"}],
            stream=True,
        )
        for chunk in stream:
            if chunk.choices:
                print(chunk.choices[0].delta.content or "", end="", flush=True)
        print()

        Models: e2ee-demo-echo, e2ee-demo-lorem, e2ee-demo-reasoning, e2ee-demo-vision.
        Stop with Ctrl-C.

        """
    }
}
