import Bytes

/// What the proxy itself does to an answer, because nobody on the way may be told of it: calls of
/// functions, stop strings, structured output. Shared by the choices of one request.
final class AnswerPlan: Sendable {
    let tools: ToolSet?
    let stops: StopStrings?
    let output: OutputFormat?

    /// Nil where there is nothing to do.
    init?(tools: ToolSet?, stops: StopStrings?, output: OutputFormat?) {
        self.tools = tools
        self.stops = stops
        self.output = output
        if tools == nil, stops == nil, output == nil { return nil }
    }
}
