import Bytes
import E2EE
import Reactor

/// Everything that one verification looked at, so that it can be done again elsewhere and later. In
/// a folder: `context.json` (model, nonce, time), `evidence.json` (the provider's reply),
/// `collateral.json`, and where NVIDIA's service answered `nras.json` and `nras-keys.json`.
struct EvidenceRecord: Sendable {
    let model: String
    let nonce: AttestationNonce
    let reply: [UInt8]
    let circumstances: Circumstances

    init(
        model: String, nonce: AttestationNonce, reply: [UInt8], circumstances: Circumstances
    ) {
        self.model = model
        self.nonce = nonce
        self.reply = reply
        self.circumstances = circumstances
    }

    /// Judges the evidence again.
    /// - `seconds`: Unix seconds; nil for the time it was recorded.
    func report(by verifier: Verifier, at seconds: Int?) -> AttestationReport {
        var circumstances = circumstances
        circumstances.now = seconds ?? circumstances.now
        do throws(AttestationError) {
            let evidence = try Evidence(reply.span)
            return verifier.report(on: evidence, model: model, nonce: nonce, in: circumstances)
        } catch {
            return AttestationReport(refusing: model, error)
        }
    }

    /// Writes it to `folder`. Blocks.
    func write(to folder: String) throws(SystemError) {
        // What another verification left there would be taken for this one's.
        for name in ["collateral.json", "nras.json", "nras-keys.json"] {
            try StoredFile.remove("\(folder)/\(name)")
        }
        var context = Buffer()
        context.append(#"{"model":"#)
        context.append(jsonString: model)
        context.append(#","nonce":"\#(nonce.hex)","at":\#(circumstances.now)}"#)
        context.append(.ascii("\n"))
        try StoredFile.write(context.readable, to: folder + "/context.json")
        try StoredFile.write(reply.span, to: folder + "/evidence.json")
        if let collateral = circumstances.collateral {
            var json = Buffer()
            collateral.write(to: &json)
            try StoredFile.write(json.readable, to: folder + "/collateral.json")
        }
        if case .answer(let response, let keys) = circumstances.nras {
            try StoredFile.write(response.span, to: folder + "/nras.json")
            try StoredFile.write(keys.span, to: folder + "/nras-keys.json")
        }
    }

    /// Reads what `write` wrote. Blocks.
    /// - Throws: which file cannot be used.
    init(in folder: String) throws(EvidenceFailure) {
        let text = try Self.content(of: folder + "/context.json")
        let context = text.span
        reply = try Self.content(of: folder + "/evidence.json")
        guard (try? JSONDocument.check(context)) != nil,
            let root = JSONDocument.root(of: context),
            let model = root.member("model", in: context)?.text(in: context),
            let digits = root.member("nonce", in: context)?.text(in: context),
            let nonce = AttestationNonce(hex: digits.utf8Span.span),
            let time = root.member("at", in: context)?.decimal(in: context)
        else { throw EvidenceFailure(folder + "/context.json: it cannot be understood") }
        self.model = model
        self.nonce = nonce
        var circumstances = Circumstances(now: time)
        let names = FolderListing.names(in: folder)
        // Evidence that was judged without collateral has none.
        if names.contains("collateral.json") {
            let path = folder + "/collateral.json"
            let json = try Self.content(of: path)
            do throws(AttestationError) {
                circumstances.collateral = try Collateral(json.span)
            } catch {
                throw EvidenceFailure(path + ": it cannot be understood")
            }
        }
        if names.contains("nras.json") {
            circumstances.nras = .answer(
                response: try Self.content(of: folder + "/nras.json"),
                keys: try Self.content(of: folder + "/nras-keys.json"))
        }
        self.circumstances = circumstances
    }

    private static func content(of path: String) throws(EvidenceFailure) -> [UInt8] {
        let content: Buffer
        do throws(SmallFile.Failure) {
            content = try SmallFile.read(path, isSecret: false, byteCountMax: byteCountMax)
        } catch {
            throw EvidenceFailure("\(path): it cannot be read")
        }
        return content.readable.array
    }

    private static let byteCountMax = 16 << 20
}

/// Evidence that cannot be read or written, and why.
public struct EvidenceFailure: Error, Sendable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}
