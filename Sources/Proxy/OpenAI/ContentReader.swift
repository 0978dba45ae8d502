import Bytes

/// Reads the content of a message: a text, or an array of parts.
struct ContentReader {
    /// The longest URL of an image that stands elsewhere, in bytes.
    static let linkByteCountMax = 8 * 1024
    /// The longest image that stands in the request itself, in bytes of its data URI.
    static let imageByteCountMax = 20 * 1024 * 1024
    static let partCountMax = 1024

    /// The number of the message.
    let message: Int

    /// As in `messages[3].content`; made for errors alone.
    private var path: String { "messages[\(message)].content" }
    private func path(_ part: Int) -> String { "\(path)[\(part)]" }

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
        return path(index)
    }

    private func parts(
        _ value: JSONValue, _ role: ChatMessage.Role, in body: Span<UInt8>
    ) throws(APIError) -> [ChatMessage.Part] {
        var parts: [ChatMessage.Part] = []
        try value.forEachElement(in: body) { (element) throws(APIError) in
            guard parts.count < Self.partCountMax else {
                throw .badRequest(
                    "too_many_parts", "A content has at most \(Self.partCountMax) parts.",
                    param: path)
            }
            let part = try part(element, parts.count, in: body)
            if case .text = part {
            } else if role == .tool || role == .assistant {
                throw .refusedField(
                    path(parts.count), "A message of this role holds texts only.")
            }
            parts.append(part)
        }
        return parts
    }

    private func part(
        _ value: JSONValue, _ number: Int, in body: Span<UInt8>
    ) throws(APIError) -> ChatMessage.Part {
        guard let type = value.member("type", in: body)?.text(in: body) else {
            throw .badRequest("invalid_type", "A content part needs a type.", param: path(number))
        }
        switch type {
        case "text":
            guard let text = value.member("text", in: body), text.kind == .string else {
                throw .badRequest("invalid_type", "A text part needs a text.", param: path(number))
            }
            return .text(text)
        case "image_url": return try image(value, number, in: body)
        case "input_audio":
            guard let audio = value.member("input_audio", in: body), audio.kind == .object else {
                throw .badRequest(
                    "invalid_type", "An audio part needs input_audio.", param: path(number))
            }
            return .audio(audio)
        case "file":
            throw .refusedField(path(number), "No model here reads file parts.")
        default:
            throw .refusedField(
                path(number), "Only text, image_url and input_audio parts can be sealed.")
        }
    }

    private func image(
        _ value: JSONValue, _ number: Int, in body: Span<UInt8>
    ) throws(APIError) -> ChatMessage.Part {
        guard let image = value.member("image_url", in: body),
            let url = image.member("url", in: body), url.kind == .string
        else {
            throw .badRequest(
                "invalid_type", "An image part needs image_url.url.", param: path(number))
        }
        try check(url, number, in: body)
        let detail = image.member("detail", in: body)
        guard detail == nil || detail!.kind == .string || detail!.kind == .null else {
            throw .badRequest("invalid_type", "An image's detail is a string.", param: path(number))
        }
        return .image(url: url, detail: detail?.kind == .string ? detail : nil)
    }

    /// An image stands in the request, or at an address that only TLS leads to: whoever fetches it
    /// tells its address, and is told the image, by every hop between.
    private func check(
        _ url: JSONValue, _ number: Int, in body: Span<UInt8>
    ) throws(APIError) {
        var text = Buffer()
        JSONString.decode(url, in: body, to: &text)
        let start = text.readable.extracting(0..<min(text.count, 11))
        let isData = start.equalsIgnoringCase("data:image/")
        let isLink = start.extracting(0..<min(start.count, 8)).equalsIgnoringCase("https://")
        guard isData || isLink else {
            throw .badRequest(
                "invalid_image_url", "An image's URL begins with data:image/ or https://.",
                param: "\(path(number)).image_url.url")
        }
        let byteCountMax = isData ? Self.imageByteCountMax : Self.linkByteCountMax
        guard text.count <= byteCountMax else {
            throw .badRequest(
                "image_too_large", "This image's URL is longer than \(byteCountMax) bytes.",
                param: "\(path(number)).image_url.url")
        }
    }
}
