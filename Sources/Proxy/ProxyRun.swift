import Bytes
public import E2EE
public import Logging
public import Reactor

/// Starts the proxy and runs it to its end: chooses the kernel, binds the listeners, lends the
/// thread.
public struct ProxyRun: ~Copyable {
    public enum Failure: Error, CustomStringConvertible {
        case configuration(ConfigurationError)
        case listening(SocketAddress, SystemError)
        case system(SystemError)
        case tls(TLSError)
        case crypto(E2EEError)

        public var description: String {
            switch self {
            case .configuration(let error): error.description
            case .listening(let address, let error) where error.isAddressInUse:
                "\(address) is in use by another program. Stop it, or choose another --port."
            case .listening(let address, let error): "Cannot listen on \(address): \(error)."
            case .system(let error): "The system refused a call: \(error)."
            case .tls(.badMaterial(let what)):
                "--ca-file: no certificates (PEM) could be read from \(what)."
            case .tls(let error): "TLS could not be set up: \(error)."
            case .crypto(let error): "The cryptographic library does not work: \(error)."
            }
        }
    }

    private let supervisor = Supervisor()
    private let log: Logger
    private var loop: EventLoop<EpollKernel>
    private var server: ProxyServer<EpollKernel, SystemEntropy>
    /// Where clients connect: the first address.
    public let address: SocketAddress

    /// Binds every listener. Nothing is sent to the provider before a client asks.
    /// - `reread`: reads the configuration anew at the operator's hang-up signal.
    public init(
        _ configuration: Configuration, log: Logger, reread: Configuration.Reread? = nil
    ) throws(Failure) {
        let addresses: [SocketAddress]
        do throws(ConfigurationError) { addresses = try configuration.checked() } catch {
            throw .configuration(error)
        }
        Self.harden(log)
        var loop = try Self.loop()
        let (listeners, bound) = try Self.listen(on: addresses, configuration, &loop, log)
        let server = try Self.server(
            configuration, listeners: listeners, bound: bound, log: log, supervisor: supervisor,
            reread: reread)
        address = bound[0]
        self.log = log
        self.loop = loop
        self.server = server
        Self.sayWhatIsChecked(configuration, log)
    }

    /// Serves until the process is told to stop.
    public mutating func run() {
        supervisor.tell(.ready)
        loop.run(&server)
        let microseconds = Int(loop.longestTurn / .microseconds(1))
        log.notice("stopped", metadata: ["longest turn": "\(microseconds) µs"])
    }

    /// The hub on the real kernel.
    static func server(
        _ configuration: Configuration, listeners: [Token], bound: [SocketAddress], log: Logger,
        supervisor: Supervisor = Supervisor(), reread: Configuration.Reread? = nil
    ) throws(Failure) -> ProxyServer<EpollKernel, SystemEntropy> {
        let tls = try tls(configuration)
        let floor = try floor(configuration)
        do throws(E2EEError) {
            return try ProxyServer(
                configuration, listeners: listeners, hosts: bound.map(\.host),
                port: bound.first?.port ?? 0, tls: tls, floor: floor, entropy: SystemEntropy(),
                log: log, supervisor: supervisor, reread: reread)
        } catch {
            throw .crypto(error)
        }
    }

    private static func harden(_ log: Logger) {
        do throws(SystemError) {
            try ProcessHardening.forbidDumps()
            try ProcessHardening.raiseDescriptorLimit()
        } catch {
            log.warning("the process could not be hardened", metadata: ["reason": "\(error)"])
        }
    }

    private static func tls(_ configuration: Configuration) throws(Failure) -> TLSContext? {
        guard configuration.needsTLS else { return nil }
        do throws(TLSError) { return try TLSContext(trusting: configuration.trust) } catch {
            throw .tls(error)
        }
    }

    private static func floor(_ configuration: Configuration) throws(Failure) -> EvaluationFloor {
        let source = configuration.collateralURL.origin
        do throws(ConfigurationError) {
            return try EvaluationFloor(in: configuration.stateFolder, source: source)
        } catch {
            throw .configuration(error)
        }
    }

    private static func loop() throws(Failure) -> EventLoop<EpollKernel> {
        do throws(SystemError) {
            return EventLoop(try EpollKernel(takesSignals: true))
        } catch {
            throw .system(error)
        }
    }

    /// Where the port is 0, all addresses share the one the first was given.
    private static func listen(
        on addresses: [SocketAddress], _ configuration: Configuration,
        _ loop: inout EventLoop<EpollKernel>, _ log: Logger
    ) throws(Failure) -> (listeners: [Token], bound: [SocketAddress]) {
        var listeners: [Token] = []
        var bound: [SocketAddress] = []
        for var address in addresses {
            if let first = bound.first { address.port = first.port }
            do throws(SystemError) {
                let (listener, actual) = try loop.listen(on: address)
                listeners.append(listener)
                bound.append(actual)
            } catch {
                let isOptional =
                    address.family == .v6 && !configuration.isHostChosen && !bound.isEmpty
                guard isOptional, error.isAddressMissing else { throw .listening(address, error) }
                log.warning("IPv6 is not available; listening on IPv4 only")
            }
        }
        return (listeners, bound)
    }

    private static func sayWhatIsChecked(_ configuration: Configuration, _ log: Logger) {
        if configuration.allowsClear {
            log.warning(
                """
                models asked for as tee-NAME are NOT encrypted: the provider's front end can read \
                what is sent to them (--allow-tee)
                """)
        }
        guard configuration.verification == .binding else {
            return log.notice(
                """
                verification: full. Checked before a model's first prompt and every half hour: the \
                hardware down to Intel's root, the software against pins, the GPUs down to \
                NVIDIA's root. Not provable: that the GPUs are the enclave's, model weights, and \
                at scope gateway what lies behind it.
                """,
                metadata: [
                    "pins": "\(configuration.pinPolicy.rawValue)",
                    "nras": "\(configuration.nras.rawValue)",
                    "roots": configuration.trustsOthers ? "REPLACED" : "Intel, NVIDIA",
                ])
        }
        log.warning(
            """
            verification: binding. Checked: fresh nonce, debug mode off, and that the quote binds \
            the very key prompts are sealed to. NOT checked: the quote's signature, Intel's \
            certificates and collateral, measurements, event log, GPU evidence.
            """)
        guard !configuration.upstream.isLoopback else { return }
        // No log level silences this.
        OperatorLine.write(
            """
            warning: --accept-unproven-hardware: nothing proves that the key lives in genuine \
            hardware. A provider that lies about it can read prompts.
            """)
    }
}
