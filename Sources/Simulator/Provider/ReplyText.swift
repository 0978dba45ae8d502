import Bytes

/// What the models say.
enum ReplyText {
    private static let lorem = """
        Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt \
        ut labore et dolore magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation \
        ullamco laboris nisi ut aliquip ex ea commodo consequat.
        """

    /// The steps of a model's answer, without a head before and an end behind them.
    static func steps(of answering: SimulatedModel.Answering, to chat: OpenedChat) -> [ReplyStep] {
        let message = chat.lastUserMessage
        switch answering {
        case .echo:
            return paced(words(message.text), millisecondsBetween: 10)
        case .lorem:
            return loremSteps(LoremRequest(message.text))
        case .reasoning:
            let thoughts = words("The user said something, and I shall say that I heard it.")
            let reasoning = thoughts.map { ReplyStep.text(.reasoning, Array($0.utf8), .none) }
            return reasoning + paced(words("You said: " + message.text), millisecondsBetween: 10)
        case .vision:
            let images = message.imageCount == 1 ? "1 image" : "\(message.imageCount) images"
            let answer = "I see \(images), and the text: \(message.text)"
            return paced(words(answer), millisecondsBetween: 10)
        }
    }

    /// `text` cut behind its spaces.
    static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        for scalar in text.unicodeScalars {
            word.unicodeScalars.append(scalar)
            guard scalar == " " else { continue }
            words.append(word)
            word = ""
        }
        return word.isEmpty ? words : words + [word]
    }

    private static func paced(_ texts: [String], millisecondsBetween pause: Int) -> [ReplyStep] {
        var steps: [ReplyStep] = []
        for (index, text) in texts.enumerated() {
            if index > 0, pause > 0 { steps.append(.pause(milliseconds: pause)) }
            steps.append(.content(text))
        }
        return steps
    }

    private static func loremSteps(_ request: LoremRequest) -> [ReplyStep] {
        let texts: [String]
        if let byteCount = request.byteCount {
            texts = Array(repeating: filler(byteCount), count: request.chunkCount)
        } else {
            let words = words(lorem + " ")
            texts = (0..<request.chunkCount).map { words[$0 % words.count] }
        }
        return paced(texts, millisecondsBetween: request.millisecondsBetween)
    }

    /// Lorem ipsum of exactly that many bytes; it has no characters of several bytes.
    private static func filler(_ byteCount: Int) -> String {
        var text = ""
        while text.utf8.count < byteCount { text += lorem + " " }
        return String(text.utf8.prefix(byteCount)) ?? ""
    }
}
