/// Why a chat request was refused before any answer.
enum ChatRefusal: Error, Equatable {
    case notJSON
    case streamingRequired
    case decryptionFailed
    case keyMismatch
    case headerMissing
    case badClientKey
    case unauthorized
    case unknownModel

    var status: Int {
        switch self {
        case .unauthorized: 401
        case .unknownModel: 404
        default: 400
        }
    }

    /// The provider's error object.
    var json: String {
        switch self {
        case .notJSON: Self.text("INVALID_REQUEST", "The body is no chat request.")
        case .streamingRequired: Self.text("INVALID_REQUEST", "E2EE requires streaming")
        case .decryptionFailed: Self.text("e2ee_decryption_failed", "Failed to decrypt field")
        case .keyMismatch:
            Self.text("e2ee_model_key_mismatch", "The model key is not the enclave's.")
        case .headerMissing: Self.text("e2ee_header_missing", "An E2EE header is missing.")
        case .badClientKey: Self.text("e2ee_invalid_public_key", "Invalid public key")
        case .unauthorized: Self.text("AUTHENTICATION_FAILED", "Authentication failed")
        case .unknownModel: Self.text("MODEL_NOT_FOUND", "There is no such model.")
        }
    }

    static func text(_ code: String, _ message: String) -> String {
        #"{"error":{"message":"\#(message)","type":"\#(code)","param":null,"code":"\#(code)"}}"#
    }
}
