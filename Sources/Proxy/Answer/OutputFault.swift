import Bytes

/// Why what a model wrote is not what it was asked for. Told to the model alone, sealed; a client
/// that streams sees the text itself.
enum OutputFault: Error, Equatable {
    case notJSON
    case notObject
    case schema
    /// A call that begins and does not end.
    case openCall
    /// The body of a call is neither of the forms it can have.
    case badCall
    case unknownFunction
    /// An argument that could be a text as well as a JSON value, or neither.
    case ambiguousArgument
    case arguments
    /// An answer without a call where one was asked for.
    case noCall

    /// Appends what the model is told.
    /// - `place`: what is wrong where, of a value that its schema does not allow.
    func write(_ place: borrowing Buffer, to output: inout Buffer) {
        output.append("Your last answer could not be used: ")
        switch self {
        case .notJSON: output.append("it is not one JSON value")
        case .notObject: output.append("it is not a JSON object")
        case .schema: output.append("it is not valid for the schema")
        case .openCall: output.append("a call has no end")
        case .badCall: output.append("a call is not written in the form that was given")
        case .unknownFunction: output.append("a call names a function that cannot be called")
        case .ambiguousArgument:
            output.append("an argument of a call has not the type it should have")
        case .arguments: output.append("the arguments of a call are not valid for its schema")
        case .noCall: output.append("it calls no function")
        }
        output.append(place)
        output.append(". Answer again, as you were asked to, without a word about this.")
    }
}
