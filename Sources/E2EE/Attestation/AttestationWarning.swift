/// What was put up with. None of it is harmless: each says what the report does not prove.
public enum AttestationWarning: Equatable, Sendable {
    /// The image is pinned as one for development: whoever runs the machine can log in.
    case developmentImage
    /// A pinned app runs a text that was not seen before.
    case newCompose
    /// The reply does not hold the text whose hash was measured.
    case composeNotShown
    /// MR_CONFIG_ID is unset, so the host was not held to a text before it was started.
    case configIDUnset
    /// MR_CONFIG_ID has a form that names more than the compose hash, and was not recomputed.
    case configIDNotVerified
    case baseImageNotPinned
    case keyProviderNotPinned
    case kmsRootNotPinned
    case appNotPinned

    /// The same in every release.
    public var name: String {
        switch self {
        case .developmentImage: "developmentImage"
        case .newCompose: "newCompose"
        case .composeNotShown: "composeNotShown"
        case .configIDUnset: "configIDUnset"
        case .configIDNotVerified: "configIDNotVerified"
        case .baseImageNotPinned: "baseImageNotPinned"
        case .keyProviderNotPinned: "keyProviderNotPinned"
        case .kmsRootNotPinned: "kmsRootNotPinned"
        case .appNotPinned: "appNotPinned"
        }
    }

    /// One sentence for the user.
    public var message: String {
        switch self {
        case .developmentImage:
            "The enclave runs an image for development: whoever runs the machine can log in."
        case .newCompose: "The app runs a compose text that is not pinned."
        case .composeNotShown: "The compose text that was measured is not in the reply."
        case .configIDUnset: "MR_CONFIG_ID is unset: the compose hash is bound by the log alone."
        case .configIDNotVerified: "MR_CONFIG_ID has a form that was not verified."
        case .baseImageNotPinned: "The operating system's image is not pinned: it may do anything."
        case .keyProviderNotPinned: "The app's keys come from a provider that is not pinned for it."
        case .kmsRootNotPinned: "The key is vouched for by a KMS whose root is not pinned."
        case .appNotPinned: "The app is not pinned: it may be anybody's."
        }
    }
}
