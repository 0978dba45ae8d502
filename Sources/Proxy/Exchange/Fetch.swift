import Bytes
import HTTP

/// Requests for public documents: they carry nothing of the user's.
enum Fetch {
    static func get(_ target: String, from origin: UpstreamURL) -> Buffer {
        var output = Buffer()
        begin("GET", target, at: origin, to: &output)
        RequestWriter.end(to: &output)
        return output
    }

    static func post(_ json: [UInt8], to target: String, at origin: UpstreamURL) -> Buffer {
        var output = Buffer()
        begin("POST", target, at: origin, to: &output)
        output.append("Content-Type: application/json\r\n")
        RequestWriter.field("Content-Length", decimal: json.count, to: &output)
        RequestWriter.end(to: &output)
        output.append(json.span)
        return output
    }

    private static func begin(
        _ method: StaticString, _ target: String, at origin: UpstreamURL, to output: inout Buffer
    ) {
        do throws(HTTPError) {
            try RequestWriter.head(
                method: method, target: target, host: origin.authority, to: &output)
        } catch {
            preconditionFailure("URLs were checked when they were read")
        }
        output.append("Accept-Encoding: identity\r\nConnection: close\r\n")
        output.append("User-Agent: e2ee-proxy/\(Version.current)\r\n")
    }
}
