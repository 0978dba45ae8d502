/// What software is trusted: operating system images, apps, whoever issues their keys, and the
/// exact texts that say what is run.
public struct Pins: Equatable, Sendable {
    /// An operating system image as a genuine quote shows it.
    public struct BaseImage: Equatable, Sendable {
        public var name: String
        /// The firmware. 48 bytes, as the registers.
        public var mrTD: [UInt8]
        /// The kernel.
        public var rtmr1: [UInt8]
        /// The kernel's command line, with the root file system's hash, and the initial RAM disk.
        public var rtmr2: [UInt8]
        /// 32 bytes.
        public var osImageHash: [UInt8]
        /// Whether whoever runs the machine can log in.
        public var isDevelopment: Bool
        /// Where the values are from, for people.
        public var source: String
    }

    /// The root key of a service that gives keys to apps.
    public struct KMSRoot: Equatable, Sendable {
        public var name: String
        /// 33 bytes, compressed.
        public var key: [UInt8]
        public var source: String
    }

    /// An app, which is named by 20 bytes that mean something only together with who gives it its
    /// keys: another provider can give any app-id to any software.
    public struct App: Equatable, Sendable {
        public var name: String
        public var appID: [UInt8]
        public var keyProvider: KeyProvider
        /// What machine a key of this app belongs to.
        public var scope: VerifiedKey.Scope
        public var source: String
    }

    /// One exact text that an app runs.
    public struct Compose: Equatable, Sendable {
        public var name: String
        public var appID: [UInt8]
        /// 32 bytes.
        public var composeHash: [UInt8]
        public var source: String
    }

    public var baseImages: [BaseImage] = []
    public var kmsRoots: [KMSRoot] = []
    public var apps: [App] = []
    public var composes: [Compose] = []

    public init() {}

    public var isEmpty: Bool {
        baseImages.isEmpty && kmsRoots.isEmpty && apps.isEmpty && composes.isEmpty
    }

    /// Adds what `other` pins. Where both pin the same values, `other`'s entry stays, so that it
    /// decides on name, scope, and whether an image is one for development.
    public mutating func merge(_ other: Pins) {
        baseImages.removeAll { mine in other.baseImages.contains { $0.isSameImage(as: mine) } }
        kmsRoots.removeAll { mine in other.kmsRoots.contains { $0.key == mine.key } }
        apps.removeAll { mine in other.apps.contains { $0.isSameApp(as: mine) } }
        composes.removeAll { mine in other.composes.contains { $0.isSameText(as: mine) } }
        baseImages += other.baseImages
        kmsRoots += other.kmsRoots
        apps += other.apps
        composes += other.composes
    }
}

extension Pins.BaseImage {
    func isSameImage(as other: Self) -> Bool {
        mrTD == other.mrTD && rtmr1 == other.rtmr1 && rtmr2 == other.rtmr2
            && osImageHash == other.osImageHash
    }

    func describes(_ seen: Measurements) -> Bool {
        mrTD == seen.mrTD && rtmr1 == seen.rtmrs[1] && rtmr2 == seen.rtmrs[2]
            && osImageHash == seen.osImageHash
    }
}

extension Pins.App {
    func isSameApp(as other: Self) -> Bool {
        appID == other.appID && keyProvider == other.keyProvider
    }
}

extension Pins.Compose {
    func isSameText(as other: Self) -> Bool {
        appID == other.appID && composeHash == other.composeHash
    }
}
