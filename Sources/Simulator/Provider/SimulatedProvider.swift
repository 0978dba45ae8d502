import Bytes
import E2EE

/// The provider: decides how requests are answered, and does no I/O. It also plays every enclave.
struct SimulatedProvider<Source: Entropy> {
    static var basePath: String { "/api/v1" }
    /// Below it Intel's service is simulated.
    static var collateralPath: String { "/collateral" }

    /// Below it NVIDIA's attestation service is simulated.
    static var nrasPath: String { "/nras" }

    private let models: [SimulatedModel]
    private let attestor: Attestor
    private let collateral: SimulatedCollateral
    private let nras: SimulatedNRAS
    private let recording: Recording?
    private var enclaves: [String: SimulatedEnclave] = [:]
    /// Models that have changed their key as they were meant to.
    private var rotated: Set<String> = []
    var entropy: Source

    init(
        under pki: TEEPKI, collateral: SimulatedCollateral, gpus: SimulatedGPUHost,
        allowsMisbehaviour: Bool, entropy: Source, recording: Recording?
    ) throws(SimulatorError) {
        let bad = allowsMisbehaviour ? Misbehaviour.allCases.map(SimulatedModel.init) : []
        models = SimulatedModel.all + bad
        self.collateral = collateral
        attestor = try Attestor(under: pki, gpus: gpus)
        nras = try SimulatedNRAS(root: gpus.pki.root.certificate.der)
        self.entropy = entropy
        self.recording = recording
        for model in models where model.shape != nil { try makeEnclave(for: model.id) }
    }

    /// - `now`: Unix seconds.
    mutating func answer(_ request: ReceivedRequest, now: Int) -> Reply {
        recording?.note(request)
        if request.path.hasPrefix(Self.collateralPath) {
            let path = request.path.dropFirst(Self.collateralPath.utf8.count)
            return .collateral(path, of: collateral)
        }
        if request.path.hasPrefix(Self.nrasPath) {
            let path = request.path.dropFirst(Self.nrasPath.utf8.count)
            return .nras(request, path, by: nras, now: now)
        }
        guard request.path.hasPrefix(Self.basePath) else { return .failure(status: 404) }
        guard let authorization = request.field("authorization"),
            authorization.hasPrefix("Bearer "), authorization.utf8.count > 7
        else { return .refusal(.unauthorized) }
        switch (request.path.dropFirst(Self.basePath.utf8.count), request.isGet, request.isPost) {
        case ("/models", true, _): return catalogue
        case ("/tee/attestation", true, _): return attestation(for: request, now: now)
        case ("/chat/completions", _, true): return chat(for: request)
        default: return .failure(status: 404)
        }
    }

    private var catalogue: Reply {
        let list = models.map(\.json).joined(separator: ",")
        return .json(#"{"object":"list","type":"text","data":[\#(list)]}"#)
    }

    private mutating func makeEnclave(for model: String) throws(SimulatorError) {
        do throws(E2EEError) {
            enclaves[model] = try SimulatedEnclave(from: &entropy)
        } catch {
            throw .crypto(error)
        }
    }

    // MARK: Evidence

    private mutating func attestation(for request: ReceivedRequest, now: Int) -> Reply {
        recording?.noteAttestation()
        guard let id = request.parameter("model"), let model = model(id),
            let enclave = enclaves[id]
        else { return .refusal(.unknownModel) }
        guard let hex = request.parameter("nonce"), let nonce = AttestationNonce(hex: hex) else {
            return .json(
                status: 400, ChatRefusal.text("INVALID_REQUEST", "The nonce has 64 hex digits."))
        }
        switch model.misbehaviour {
        case .attestation500: return .failure(status: 500)
        case .attestation429: return .failure(status: 429)
        case .attestationRedirect: return .redirect
        default: break
        }
        do throws(SimulatorError) {
            return .json(try attestor.reply(for: enclave, of: model, nonce: nonce, now: now))
        } catch {
            return .failure(status: 502)
        }
    }

    // MARK: Chat

    private mutating func chat(for request: ReceivedRequest) -> Reply {
        do throws(ChatRefusal) {
            guard let id = Self.modelName(in: request.body), let model = model(id) else {
                throw .unknownModel
            }
            if let status = model.misbehaviour?.status { return .failure(status: status) }
            guard let enclave = enclaves[id] else {
                return stream(model, answering: try OpenedChat(clear: request.body), to: nil)
            }
            let clientKey = try checkHeaders(of: request, against: enclave)
            if rotates(model) {
                try? makeEnclave(for: id)
                throw .keyMismatch
            }
            let chat = try enclave.open(request.body)
            recording?.note(plaintexts: chat.plaintexts)
            return stream(model, answering: chat, to: clientKey)
        } catch {
            return .refusal(error)
        }
    }

    private func checkHeaders(
        of request: ReceivedRequest, against enclave: SimulatedEnclave
    ) throws(ChatRefusal) -> PublicKey {
        guard let client = request.field("X-Venice-TEE-Client-Pub-Key"),
            let modelKey = request.field("X-Venice-TEE-Model-Pub-Key"),
            request.field("X-Venice-TEE-Signing-Algo") == "ecdsa"
        else { throw .headerMissing }
        guard modelKey == enclave.publicKey.hex else { throw .keyMismatch }
        do throws(E2EEError) { return try PublicKey(hex: client.utf8Span.span) } catch {
            throw .badClientKey
        }
    }

    /// Whether the model's key changes at this request.
    private mutating func rotates(_ model: SimulatedModel) -> Bool {
        switch model.misbehaviour {
        case .staleKeyAlways: true
        case .staleKeyOnce: rotated.insert(model.id).inserted
        default: false
        }
    }

    private func stream(
        _ model: SimulatedModel, answering chat: OpenedChat, to clientKey: PublicKey?
    ) -> Reply {
        let texts = ReplyText.steps(of: model.answering, to: chat)
        var reply = Reply(
            [Reply.streamHead, .role] + texts + [.finish("stop"), .usage, .done, .end])
        reply.model = model.id
        reply.clientKey = clientKey
        reply.promptTokenCount = chat.promptTokenCount
        if let misbehaviour = model.misbehaviour { reply.spoil(as: misbehaviour) }
        return reply
    }

    private func model(_ id: String) -> SimulatedModel? { models.first { $0.id == id } }

    private static func modelName(in body: [UInt8]) -> String? {
        let bytes = body.span
        guard (try? JSONDocument.check(bytes)) != nil else { return nil }
        return JSONDocument.root(of: bytes)?.member("model", in: bytes)?.text(in: bytes)
    }
}
