import Bytes

/// What a verified quote and the log behind it say about the software.
public struct Measurements: Equatable, Sendable {
    /// The TDX module.
    public let mrSEAM: [UInt8]
    /// The firmware.
    public let mrTD: [UInt8]
    /// 48 bytes each: the machine's shape, the kernel, the root file system, what was started.
    public let rtmrs: [[UInt8]]
    public let mrConfigID: [UInt8]
    /// 20 bytes; it stays the same over upgrades.
    public internal(set) var appID: [UInt8] = []
    /// SHA-256 of the text that says what is run.
    public internal(set) var composeHash: [UInt8] = []
    /// That text, where the reply holds it.
    public internal(set) var compose: [UInt8]?
    public internal(set) var osImageHash: [UInt8] = []
    public internal(set) var keyProvider: KeyProvider?
    public internal(set) var mrKMS: [UInt8]?
    public internal(set) var instanceID: [UInt8]?
    /// The key (33 bytes) of the KMS that vouches for the enclave's key, where one does.
    public internal(set) var kmsRoot: [UInt8]?

    init(_ quote: TDXQuote, in bytes: Span<UInt8>) {
        mrSEAM = bytes.extracting(quote.mrSEAM).array
        mrTD = bytes.extracting(quote.mrTD).array
        rtmrs = (0..<4).map { bytes.extracting(quote.rtmr($0)).array }
        mrConfigID = bytes.extracting(quote.mrConfigID).array
    }

    mutating func add(_ events: BootEvents) {
        appID = events.appID
        composeHash = events.composeHash
        osImageHash = events.osImageHash ?? []
        keyProvider = events.keyProvider
        mrKMS = events.mrKMS
        instanceID = events.instanceID
    }
}
