import Bytes
import E2EE
import HTTP

/// The requests that go to the provider: the only place that writes the API key.
struct ProviderAPI: Sendable {
    private let path: String
    private let authority: String
    private let apiKey: AccessKey
    private let profile: EnvelopeProfile

    init(_ configuration: Configuration, profile: EnvelopeProfile = .venice) {
        path = configuration.upstream.path
        authority = configuration.upstream.authority
        apiKey = configuration.apiKey
        self.profile = profile
    }

    /// The catalogue of models.
    func catalogue() -> Buffer {
        var output = Buffer()
        write("GET", path + "/models?type=text", to: &output)
        RequestWriter.end(to: &output)
        return output
    }

    /// Evidence for one model's enclave.
    func attestation(of model: String, nonce: AttestationNonce) -> Buffer {
        var target = Buffer()
        target.append(path)
        target.append(profile.attestationPath)
        target.append("?model=")
        PercentEncoding.encode(model.utf8Span.span, to: &target)
        target.append("&nonce=")
        target.append(nonce.hex)
        var output = Buffer()
        write("GET", target.readable.text, to: &output)
        RequestWriter.end(to: &output)
        return output
    }

    /// A sealed chat request.
    /// - `key`: the model key its texts are sealed to; `client`: the key the reply is sealed to.
    func chat(body: borrowing Buffer, to key: PublicKey, for client: PublicKey) -> Buffer {
        var output = Buffer(capacity: body.count + 1024)
        write("POST", path + "/chat/completions", to: &output)
        field("Content-Type", "application/json", to: &output)
        field(profile.clientKeyHeader, client.hex, to: &output)
        field(profile.modelKeyHeader, key.hex, to: &output)
        field(profile.algorithmHeader, "\(profile.algorithm)", to: &output)
        RequestWriter.field("Content-Length", decimal: body.count, to: &output)
        RequestWriter.end(to: &output)
        output.append(body.readable)
        return output
    }

    /// A chat request that is not sealed.
    func clearChat(body: borrowing Buffer) -> Buffer {
        var output = Buffer(capacity: body.count + 1024)
        write("POST", path + "/chat/completions", to: &output)
        field("Content-Type", "application/json", to: &output)
        RequestWriter.field("Content-Length", decimal: body.count, to: &output)
        RequestWriter.end(to: &output)
        output.append(body.readable)
        return output
    }

    private func write(_ method: StaticString, _ target: String, to output: inout Buffer) {
        do throws(HTTPError) {
            try RequestWriter.head(method: method, target: target, host: authority, to: &output)
        } catch {
            preconditionFailure("the upstream URL was checked when it was read")
        }
        output.append("Authorization: Bearer ")
        apiKey.write(to: &output)
        output.append("\r\n")
        field("Accept", method.isGet ? "application/json" : "text/event-stream", to: &output)
        field("Accept-Encoding", "identity", to: &output)
        field("User-Agent", "e2ee-proxy/" + Version.current, to: &output)
    }

    private func field(_ name: StaticString, _ value: String, to output: inout Buffer) {
        do throws(HTTPError) { try RequestWriter.field(name, value, to: &output) } catch {
            preconditionFailure("a field of our own making")
        }
    }
}

extension StaticString {
    fileprivate var isGet: Bool { utf8CodeUnitCount == 3 }
}
