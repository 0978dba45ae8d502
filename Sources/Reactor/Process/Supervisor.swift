import CLinux
import Glibc

/// Whoever started the process and asked to be told how it is. Source: sd_notify(3).
public struct Supervisor: Sendable {
    public enum State: Sendable {
        /// Requests are served from now on, with the settings that were just read.
        case ready
        /// Settings are being read again; `ready` follows.
        case reloading
        /// No more requests are taken.
        case stopping
    }

    private let address: String?

    /// The one named by `NOTIFY_SOCKET`; nobody where that is not set.
    public init() { address = EnvironmentVariable.value(of: "NOTIFY_SOCKET") }

    /// Tells it `state`. Whether anybody listens does not matter.
    public func tell(_ state: State) {
        guard let address else { return }
        switch state {
        case .ready: unsafe cl_notify(address, "READY=1")
        case .reloading:
            // Microseconds of the clock that systemd counts by.
            var time = timespec()
            unsafe clock_gettime(CLOCK_MONOTONIC, &time)
            let microseconds = 1_000_000 * time.tv_sec + time.tv_nsec / 1000
            unsafe cl_notify(address, "RELOADING=1\nMONOTONIC_USEC=\(microseconds)")
        case .stopping: unsafe cl_notify(address, "STOPPING=1")
        }
    }
}
