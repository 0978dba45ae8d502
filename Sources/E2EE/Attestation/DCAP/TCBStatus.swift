/// How the owner of a technology judges a version of it. Source: Intel SGX and TDX Provisioning
/// Certification Service API, version 4; the last two: Intel DCAP Quote Verification Library.
public enum TCBStatus: String, Sendable, CaseIterable {
    case upToDate = "UpToDate"
    case swHardeningNeeded = "SWHardeningNeeded"
    case configurationNeeded = "ConfigurationNeeded"
    case configurationAndSWHardeningNeeded = "ConfigurationAndSWHardeningNeeded"
    case outOfDate = "OutOfDate"
    case outOfDateConfigurationNeeded = "OutOfDateConfigurationNeeded"
    case revoked = "Revoked"
    /// The machine was updated since the TD started: a TD started anew would be up to date.
    case tdRelaunchAdvised = "TDRelaunchAdvised"
    case tdRelaunchAdvisedConfigurationNeeded = "TDRelaunchAdvisedConfigurationNeeded"

    /// What a platform's level may say.
    static let ofPlatforms: Set<TCBStatus> = [
        .upToDate, .swHardeningNeeded, .configurationNeeded, .configurationAndSWHardeningNeeded,
        .outOfDate, .outOfDateConfigurationNeeded, .revoked,
    ]

    /// What a TDX module's level may say.
    static let ofModules: Set<TCBStatus> = [.upToDate, .outOfDate, .revoked]

    /// What a quoting enclave's level may say.
    static let ofQuotingEnclaves: Set<TCBStatus> = [
        .upToDate, .outOfDate, .configurationNeeded, .outOfDateConfigurationNeeded, .revoked,
    ]

    var isOutOfDate: Bool { self == .outOfDate || self == .outOfDateConfigurationNeeded }

    var needsConfiguration: Bool {
        switch self {
        case .configurationNeeded, .configurationAndSWHardeningNeeded,
            .outOfDateConfigurationNeeded, .tdRelaunchAdvisedConfigurationNeeded:
            true
        case .upToDate, .swHardeningNeeded, .outOfDate, .revoked, .tdRelaunchAdvised: false
        }
    }
}
