import E2EE
import HTTP

/// What a client was promised and a model did not give.
enum UnusableAnswer: Equatable {
    /// A call of a function.
    case noCall
    /// The form of `response_format`.
    case badOutput
}

/// Why an answer of the provider cannot be passed on, or not to its end.
enum AnswerError: Error, Equatable {
    case http(HTTPError)
    case envelope(E2EEError)
    /// An event is not the JSON it should be.
    case notJSON
    /// A member that carries text stands in clear.
    case clearText
    /// The stream ended without a finish reason for every choice.
    case unfinished
    /// A finish reason that means failure, or one nobody knows.
    case badFinish
    /// Text arrived after the model had finished.
    case textAfterFinish
    /// The provider sent an error event; `isStaleKey`: it says that the model key has changed.
    case reported(isStaleKey: Bool)
    /// A choice beyond those that were asked for.
    case tooManyChoices
    /// The model did not give the answer the form it was asked for.
    case unusable(UnusableAnswer)
}
