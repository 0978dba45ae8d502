/// What came of verifying a reply's GPU evidence on this machine.
public struct GPUVerdict: Equatable, Sendable {
    /// One GPU or switch. What it says of itself is shown only where its signature holds.
    public struct Device: Equatable, Sendable {
        /// The chip's name in its certificate: `GH100`.
        public internal(set) var chip: String?
        /// `570.172.08`
        public internal(set) var driverVersion: String?
        /// `96.00.CF.00.02`
        public internal(set) var vbiosVersion: String?
        /// nil where every check passed.
        public internal(set) var failure: AttestationError?
    }

    public internal(set) var devices: [Device] = []
    /// The first failure of all; nil where every device passed every check.
    public internal(set) var failure: AttestationError?

    public var isAccepted: Bool { failure == nil && !devices.isEmpty }

    /// One line for people: how many devices of which kind there are.
    public var summary: String {
        var counts: [(line: String, count: Int)] = []
        for device in devices {
            let versions = [
                device.chip, device.driverVersion.map { "driver \($0)" },
                device.vbiosVersion.map { "VBIOS \($0)" },
            ]
            let line = versions.compactMap { $0 }.joined(separator: ", ")
            if let index = counts.firstIndex(where: { $0.line == line }) {
                counts[index].count += 1
            } else {
                counts.append((line, 1))
            }
        }
        return counts.map { "\($0.count) × \($0.line)" }.joined(separator: "; ")
    }
}
