import Bytes
import E2EE
public import Reactor
import Synchronization

/// A complete provider on this machine: catalogue, enclaves, evidence and answers, over TLS.
/// Nothing in it is secret or genuine, and nothing leaves the machine.
public struct Simulator: Sendable {
    /// Where it listens, on loopback.
    public let address: SocketAddress
    /// The base address of its interface.
    public let url: String
    /// The authority behind the server's certificate (PEM); a client has to trust it.
    public let authorityPEM: String
    /// The base address of a service like Intel's, with the collateral of the simulated platform.
    public let collateralURL: String
    /// The root of the simulated platform's certificates (DER), in the place of Intel's.
    public let teeRoot: [UInt8]
    /// The base address of a service like NVIDIA's, which judges the simulated GPUs.
    public let nrasURL: String
    /// Who its tokens say they are from.
    public var nrasIssuer: String { SimulatedNRAS.issuer }
    /// The root of the simulated GPUs' certificates (DER), in the place of NVIDIA's.
    public let gpuRoot: [UInt8]
    /// What a verifier of quotes fetches beside the evidence.
    public let collateral: SimulatedCollateral
    /// A list of pins (JSON) by which the simulated software is trusted: the flat models' app as a
    /// model host, the others' as a gateway.
    public static let pins: String = {
        var pins = SimulatedSoftware.modelHost.pins(scope: .modelHost)
        pins.merge(SimulatedSoftware.gateway.pins(scope: .gateway))
        var development = SimulatedSoftware.modelHost
        development.image = SimulatedSoftware.developmentImage
        pins.merge(development.pins(scope: .modelHost, isDevelopment: true))
        var json = Buffer()
        pins.write(to: &json)
        return json.readable.text
    }()
    public let recording: Recording?
    private let flag: StopFlag

    /// Starts the simulator on a thread of its own and returns at once; connections are accepted
    /// from then on.
    /// - `port`: 0 for one that is free.
    /// - `allowsMisbehaviour`: whether the models of `Misbehaviour` are there.
    /// - `fault`: what is wrong with the server's certificate.
    /// - `recording`: learns what is received; nil to keep nothing.
    public static func start(
        port: UInt16 = 0, allowsMisbehaviour: Bool = false, fault: WebPKI.Fault = .none,
        recording: Recording? = nil
    ) throws(SimulatorError) -> Simulator {
        let now = WallClock.now().seconds
        let web = try WebPKI(fault, now: now)
        let pki = try TEEPKI(now: now)
        let tls: TLSContext
        do throws(TLSError) {
            tls = try TLSContext(servingChain: web.certificate.pem, key: web.key.pem)
        } catch {
            throw .tls(error)
        }
        guard let loopback = SocketAddress(literal: "127.0.0.1", port: port) else {
            preconditionFailure("an address literal")
        }
        let flag = StopFlag()
        let collateral = try SimulatedCollateral(under: pki, now: now)
        let gpus = try SimulatedGPUHost()
        let run = try SimulatorRun(
            on: loopback, under: pki, collateral: collateral, gpus: gpus, tls: tls,
            allowsMisbehaviour: allowsMisbehaviour,
            recording: recording, stop: flag)
        let address = run.address
        let simulator = Simulator(
            address: address, url: "https://\(address)/api/v1",
            authorityPEM: web.authority.certificate.pem,
            collateralURL: "https://\(address)\(SimulatedProvider<SystemEntropy>.collateralPath)",
            teeRoot: pki.root.certificate.der,
            nrasURL: "https://\(address)\(SimulatedProvider<SystemEntropy>.nrasPath)",
            gpuRoot: gpus.pki.root.certificate.der, collateral: collateral, recording: recording,
            flag: flag)
        // The thread holds the lock for as long as it runs; nobody else wants it.
        let box = Box(run)
        do throws(SystemError) {
            try OperatingThread.start { box.run() }
        } catch {
            throw .system(error)
        }
        return simulator
    }

    /// Carries the server to its thread.
    private final class Box: Sendable {
        private let content: Mutex<SimulatorRun>

        init(_ run: consuming sending SimulatorRun) { content = Mutex(run) }

        func run() { content.withLock { $0.run() } }
    }

    /// Ends the simulator; its connections are closed soon after. A second call does nothing.
    public func stop() {
        flag.set()
        // The server looks at the flag when something happens: a knock at its door is enough.
        do throws(SystemError) {
            var loop = EventLoop(try EpollKernel())
            _ = try loop.connect(to: address)
        } catch {
            // Without descriptors to knock with, the next client's bytes wake it.
        }
    }
}
