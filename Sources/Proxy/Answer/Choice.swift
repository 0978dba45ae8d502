import Bytes

/// One choice of an answer, from the opened text to what the client reads. The text passes, in this
/// order: thoughts are taken out of it, it ends at a stop string, calls are found in it, a code
/// fence is taken off. Where nothing of that was asked for it passes as it is.
struct Choice: ~Copyable {
    let index: Int
    private let plan: AnswerPlan?
    private let isStreaming: Bool

    private var thinking: ThinkSplitter
    private var stop = StopScanner()
    private var finder = CallFinder()
    /// Text in which calls are being found.
    private var pending = Buffer()
    private var fence = FenceStripper()

    private var hasRole = false
    private var callCount = 0
    /// What the client is shown, of an answer that is folded or whose form is judged.
    private var message = FoldedMessage()
    /// What the model wrote, for a turn that tells it of a fault.
    private var said = Buffer()
    /// The first thing that is wrong with the answer, and where.
    private(set) var fault: OutputFault?
    private var faultPlace = Buffer()
    private(set) var finish: FinishReason?
    private var work = SchemaWork()
    /// The one call that was allowed was made: what follows is not passed on.
    private var isDeaf = false
    /// The answer ends here, whatever the model goes on to say: it is not waited for.
    private(set) var isCut = false
    /// It ends at a stop string.
    private var isStopped = false

    init(_ index: Int, of request: ChatRequest, thinking: ThinkSplitter.Mode) {
        self.index = index
        plan = request.plan
        isStreaming = request.isStreaming
        self.thinking = ThinkSplitter(thinking)
    }

    /// Bytes of the answer that are kept.
    var heldByteCount: Int { message.byteCount + said.count + pending.count }

    /// Takes what the model thought and wrote since the last time.
    mutating func take(
        _ fields: borrowing AnswerFields, reply: inout ChatReply, to outbox: inout Buffer
    ) {
        guard plan != nil || !thinking.isOver else {
            return show(
                thoughts: fields.thoughts, text: fields.text, reply: &reply, to: &outbox)
        }
        var thoughts = Buffer(fields.thoughts)
        var text = Buffer()
        thinking.take(fields.text, thoughts: &thoughts, text: &text)
        if plan == nil {
            return show(
                thoughts: thoughts.readable, text: text.readable, reply: &reply, to: &outbox)
        }
        show(thoughts: thoughts.readable, text: Span(), reply: &reply, to: &outbox)
        takeText(text.readable, reply: &reply, to: &outbox)
    }

    private mutating func takeText(
        _ text: Span<UInt8>, reply: inout ChatReply, to outbox: inout Buffer
    ) {
        guard let plan, !isCut else { return }
        guard !isDeaf else {
            // Its usage is worth waiting for, other words and calls are not.
            isCut = !text.isBlank
            return
        }
        var ending = Buffer()
        if let stops = plan.stops {
            isStopped = stop.take(text, stops, to: &ending)
            isCut = isStopped
        } else {
            ending.append(text)
        }
        if keepsWords { said.append(ending.readable) }
        findCalls(ending.readable, reply: &reply, to: &outbox)
    }

    /// Whether the model may have to be told what it wrote.
    private var keepsWords: Bool { !isStreaming && (plan?.tools != nil || plan?.output != nil) }

    private mutating func findCalls(
        _ text: Span<UInt8>, reply: inout ChatReply, to outbox: inout Buffer
    ) {
        guard plan?.tools != nil else { return showText(text, reply: &reply, to: &outbox) }
        var pending = Buffer()
        swap(&pending, &self.pending)
        defer { swap(&pending, &self.pending) }
        pending.append(text)
        while true {
            let (piece, byteCount) = finder.next(in: pending.readable)
            guard byteCount > 0 || piece != .needsMore else { return }
            take(piece, of: pending.readable, reply: &reply, to: &outbox)
            pending.consume(byteCount)
            if pending.isEmpty { pending.clear() }
            if isDeaf {
                isCut = isCut || !pending.readable.isBlank
                return pending.clear()
            }
        }
    }

    private mutating func take(
        _ piece: CallFinder.Piece, of text: Span<UInt8>, reply: inout ChatReply,
        to outbox: inout Buffer
    ) {
        switch piece {
        case .needsMore: return
        case .text(let range): showText(text.extracting(range), reply: &reply, to: &outbox)
        case .broken(let range):
            // Words about calls are no attempt at one.
            if CallBody.isMeant(text.extracting(range)) { note(.openCall) }
            showText(text.extracting(range), reply: &reply, to: &outbox)
        case .call(let range, let body):
            do throws(OutputFault) {
                try takeCall(text.extracting(body), reply: &reply, to: &outbox)
            } catch {
                if error == .badCall { finder.reject() }
                showText(text.extracting(range), reply: &reply, to: &outbox)
            }
        }
    }

    private mutating func takeCall(
        _ body: Span<UInt8>, reply: inout ChatReply, to outbox: inout Buffer
    ) throws(OutputFault) {
        guard let tools = plan?.tools, callCount < ToolSet.countMax else { throw .badCall }
        var place = Buffer()
        let call: ToolCall
        do throws(OutputFault) {
            call = try ToolCall(body, of: tools, work: &work, place: &place)
        } catch {
            note(error, at: place)
            throw error
        }
        finder.accept()
        show(call, reply: &reply, to: &outbox)
        callCount += 1
        if tools.isSingle { isDeaf = true }
    }

    /// The first fault is the one the model is told of.
    private mutating func note(_ fault: OutputFault, at place: consuming Buffer = Buffer()) {
        guard self.fault == nil else { return }
        self.fault = fault
        faultPlace = place
    }

    // MARK: The end

    /// The model has stopped, or was cut off: shows what was held back.
    /// - Throws: `.unusable` where a stream that was promised a form has not got it.
    mutating func finish(
        _ reason: FinishReason, reply: inout ChatReply, to outbox: inout Buffer
    ) throws(AnswerError) {
        // What a stop string cuts off is cut short like by a limit.
        let isByItself = reason == .stop && !isStopped
        flush(isByItself: isByItself, reply: &reply, to: &outbox)
        var reason = reason
        if isByItself { judge() } else { fault = nil }
        if callCount > 0, reason == .stop {
            reason = plan?.tools?.isLegacy == true ? .functionCall : .toolCalls
        }
        finish = reason
        guard isStreaming else { return }
        if let failure { throw .unusable(failure) }
        let event = reply.beginChunk(of: index, to: &outbox)
        if !hasRole { outbox.append("\"role\":\"assistant\",\"content\":\"\"") }
        hasRole = true
        reply.endChunk(event, finish: reason, to: &outbox)
    }

    private mutating func flush(
        isByItself: Bool, reply: inout ChatReply, to outbox: inout Buffer
    ) {
        var thoughts = Buffer()
        var text = Buffer()
        thinking.finish(thoughts: &thoughts, text: &text)
        show(thoughts: thoughts.readable, text: Span(), reply: &reply, to: &outbox)
        guard plan != nil else {
            return show(thoughts: Span(), text: text.readable, reply: &reply, to: &outbox)
        }
        takeText(text.readable, reply: &reply, to: &outbox)
        text.clear()
        if !isCut, !isDeaf { stop.finish(to: &text) }
        if keepsWords { said.append(text.readable) }
        findCalls(text.readable, reply: &reply, to: &outbox)
        var rest = Buffer()
        swap(&rest, &pending)
        let piece = finder.finish(in: rest.readable, isByItself: isByItself)
        take(piece, of: rest.readable, reply: &reply, to: &outbox)
        guard plan?.output != nil else { return }
        text.clear()
        fence.finish(to: &text)
        show(thoughts: Span(), text: text.readable, reply: &reply, to: &outbox)
    }

    private mutating func judge() {
        guard let plan, callCount == 0 else { return }
        if plan.tools?.needsCall == true {
            note(.noCall)
        } else if let output = plan.output {
            var place = Buffer()
            let found = output.fault(in: message.text, place: &place)
            if let found { note(found, at: place) }
        }
    }

    /// Why the answer cannot be given, where a form was promised that it has not got. Anything else
    /// that is wrong with it can be shown as it is.
    var failure: UnusableAnswer? {
        guard fault != nil, callCount == 0 else { return nil }
        if plan?.tools?.needsCall == true { return .noCall }
        return plan?.output != nil ? .badOutput : nil
    }

    /// The turn that tells the model what was wrong.
    func correction() -> Correction? {
        guard let fault else { return nil }
        return Correction(said: said.readable, fault, at: faultPlace)
    }

    /// Appends the choice of a folded answer.
    func write(_ field: ReasoningField, to output: inout Buffer) {
        output.append("{\"index\":")
        output.append(decimal: index)
        output.append(",\"message\":{\"role\":\"assistant\",")
        message.write(
            field, isLegacy: plan?.tools?.isLegacy == true, hasCalls: callCount > 0, to: &output)
        output.append("},\"logprobs\":null,\"finish_reason\":\"")
        output.append((finish ?? .stop).rawValue)
        output.append("\"}")
    }
}

// MARK: What is shown

extension Choice {
    private mutating func showText(
        _ text: Span<UInt8>, reply: inout ChatReply, to outbox: inout Buffer
    ) {
        guard plan?.output != nil else {
            return show(thoughts: Span(), text: text, reply: &reply, to: &outbox)
        }
        var bare = Buffer()
        fence.take(text, to: &bare)
        show(thoughts: Span(), text: bare.readable, reply: &reply, to: &outbox)
    }

    private mutating func show(
        thoughts: Span<UInt8>, text: Span<UInt8>, reply: inout ChatReply, to outbox: inout Buffer
    ) {
        guard !thoughts.isEmpty || !text.isEmpty else { return }
        if !isStreaming || plan?.output != nil { message.append(thoughts: thoughts, text: text) }
        guard isStreaming else { return }
        let isFirst = !hasRole
        hasRole = true
        let hasContent = !text.isEmpty || isFirst
        let event = reply.beginChunk(of: index, to: &outbox)
        if isFirst { outbox.append("\"role\":\"assistant\",") }
        if !thoughts.isEmpty {
            reply.reasoningField.write(thoughts, to: &outbox)
            if hasContent { outbox.append(.comma) }
        }
        if hasContent {
            // Some clients need the member in the first delta, be it empty.
            outbox.append("\"content\":")
            outbox.append(jsonString: text)
        }
        reply.endChunk(event, to: &outbox)
    }

    private mutating func show(
        _ call: borrowing ToolCall, reply: inout ChatReply, to outbox: inout Buffer
    ) {
        guard let tool = plan?.tools?.tools[call.index] else { return }
        let number = callCount
        let id = "call_\(reply.answer.requestID.dropFirst(4))-\(index)-\(number)"
        let isLegacy = plan?.tools?.isLegacy == true
        guard isStreaming else {
            return message.append(
                call: call.arguments.readable, of: tool, id: id, isLegacy: isLegacy)
        }
        let isFirst = !hasRole
        hasRole = true
        var event = reply.beginChunk(of: index, to: &outbox)
        if isFirst { outbox.append("\"role\":\"assistant\",\"content\":null,") }
        CallWriter.begin(number, id: id, isLegacy: isLegacy, of: tool, to: &outbox)
        reply.endChunk(event, to: &outbox)
        event = reply.beginChunk(of: index, to: &outbox)
        CallWriter.arguments(
            call.arguments.readable, of: number, isLegacy: isLegacy, to: &outbox)
        reply.endChunk(event, to: &outbox)
    }
}
