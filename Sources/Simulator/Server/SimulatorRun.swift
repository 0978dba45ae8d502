import Bytes
import E2EE
import Reactor

/// A server with its loop, listening already and to be run on some thread.
struct SimulatorRun: ~Copyable {
    private var loop: EventLoop<EpollKernel>
    private var server: SimulatorServer<EpollKernel, SystemEntropy>
    let address: SocketAddress

    init(
        on wanted: SocketAddress, under pki: TEEPKI, collateral: SimulatedCollateral,
        gpus: SimulatedGPUHost, tls: TLSContext, allowsMisbehaviour: Bool,
        recording: Recording?, stop: StopFlag
    ) throws(SimulatorError) {
        var loop = try Self.loop()
        let bound = try Self.listen(on: wanted, of: &loop)
        let server = try SimulatorServer<EpollKernel, SystemEntropy>(
            under: pki, collateral: collateral, gpus: gpus, tls: tls,
            allowsMisbehaviour: allowsMisbehaviour,
            entropy: SystemEntropy(), recording: recording, stop: stop)
        address = bound
        self.loop = loop
        self.server = server
    }

    private static func loop() throws(SimulatorError) -> EventLoop<EpollKernel> {
        do throws(SystemError) { return EventLoop(try EpollKernel()) } catch {
            throw .system(error)
        }
    }

    private static func listen(
        on address: SocketAddress, of loop: inout EventLoop<EpollKernel>
    ) throws(SimulatorError) -> SocketAddress {
        do throws(SystemError) { return try loop.listen(on: address).bound } catch {
            throw .system(error)
        }
    }

    /// Serves until told to stop.
    mutating func run() { loop.run(&server) }
}
