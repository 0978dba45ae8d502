import Bytes

/// Reads the content of a message: a text, or an array of parts.
struct ContentReader {
    /// The longest URL of an image that stands elsewhere, in bytes.
    static let linkByteCountMax = 8 * 1024
    /// The longest image that stands in the request itself, in bytes of its data URI.
    static let imageByteCountMax = 20 * 1024 * 1024
    static let partCountMax = 1024

    /// Of the content, as in `messages[3].content`.
    let path: String

    /// - Throws: a 400 that names the part at fault.
    func read(
        _ value: JSONValue?, role: ChatMessage.Role, in body: Span<UInt8>
    ) throws(APIError) -> ChatMessage.Content {
        switch value?.kind {
        case .string: return .text(value!)
        case .array:
            let parts = try parts(value!, role, in: body)
            guard parts.isEmpty else { return .parts(parts) }
            guard role == .assistant else {
                throw .badRequest("empty_content", "The content has no parts.", param: path)
            }
            return .empty
        case .null, nil:
            guard role == .assistant || role == .tool else { break }
            return .empty
        default: break
        }
        throw .badRequest(
            "invalid_type", "The content must be a string or an array of parts.", param: path)
    }

    /// The path of the first part that `isOne`.
    func param(
        ofFirst content: ChatMessage.Content, _ isOne: (ChatMessage.Part) -> Bool
    ) -> String? {
        guard case .parts(let parts) = content, let index = parts.firstIndex(where: isOne) else {
            return nil
        }
        return "\(path)[\(index)]"
    }

    private func parts(
        _ value: JSONValue, _ role: ChatMessage.Role, in body: Span<UInt8>
    ) throws(APIError) -> [ChatMessage.Part] {
        var parts: [ChatMessage.Part] = []
        try value.forEachElement(in: body) { (element) throws(APIError) in
            let partPath = "\(path)[\(parts.count)]"
            guard parts.count < Self.partCountMax else {
                throw .badRequest(
                    "too_many_parts", "A content has at most \(Self.partCountMax) parts.",
                    param: path)
            }
            let part = try Self.part(element, partPath, in: body)
            if case .text = part {
            } else if role == .tool || role == .assistant {
                throw .refusedField(partPath, "A message of this role holds texts only.")
            }
            parts.append(part)
        }
        return parts
    }

    private static func part(
        _ value: JSONValue, _ path: String, in body: Span<UInt8>
    ) throws(APIError) -> ChatMessage.Part {
        guard let type = value.member("type", in: body)?.text(in: body) else {
            throw .badRequest("invalid_type", "A content part needs a type.", param: path)
        }
        switch type {
        case "text":
            guard let text = value.member("text", in: body), text.kind == .string else {
                throw .badRequest("invalid_type", "A text part needs a text.", param: path)
            }
            return .text(text)
        case "image_url": return try image(value, path, in: body)
        case "input_audio":
            guard let audio = value.member("input_audio", in: body), audio.kind == .object else {
                throw .badRequest("invalid_type", "An audio part needs input_audio.", param: path)
            }
            return .audio(audio)
        case "file":
            throw .refusedField(path, "No model here reads file parts.")
        default:
            throw .refusedField(path, "Only text, image_url and input_audio parts can be sealed.")
        }
    }

    private static func image(
        _ value: JSONValue, _ path: String, in body: Span<UInt8>
    ) throws(APIError) -> ChatMessage.Part {
        guard let image = value.member("image_url", in: body),
            let url = image.member("url", in: body), url.kind == .string
        else {
            throw .badRequest("invalid_type", "An image part needs image_url.url.", param: path)
        }
        try check(url, "\(path).image_url.url", in: body)
        let detail = image.member("detail", in: body)
        guard detail == nil || detail!.kind == .string || detail!.kind == .null else {
            throw .badRequest("invalid_type", "An image's detail is a string.", param: path)
        }
        return .image(url: url, detail: detail?.kind == .string ? detail : nil)
    }

    /// An image stands in the request, or at an address that only TLS leads to: whoever fetches it
    /// tells its address, and is told the image, by every hop between.
    private static func check(
        _ url: JSONValue, _ param: String, in body: Span<UInt8>
    ) throws(APIError) {
        var text = Buffer()
        JSONString.decode(url, in: body, to: &text)
        let start = text.readable.extracting(0..<min(text.count, 11))
        let isData = start.equalsIgnoringCase("data:image/")
        let isLink = start.extracting(0..<min(start.count, 8)).equalsIgnoringCase("https://")
        guard isData || isLink else {
            throw .badRequest(
                "invalid_image_url", "An image's URL begins with data:image/ or https://.",
                param: param)
        }
        let byteCountMax = isData ? imageByteCountMax : linkByteCountMax
        guard text.count <= byteCountMax else {
            throw .badRequest(
                "image_too_large", "This image's URL is longer than \(byteCountMax) bytes.",
                param: param)
        }
    }
}
