/// A regular expression that is matched in a time in proportion to the text: a program of
/// instructions, all of whose ways are walked at once. Source: K. Thompson, "Regular Expression
/// Search Algorithm", 1968; the language is a part of ECMA-262's, with its `u` flag.
///
/// | written | matches |
/// |---|---|
/// | a character | itself; `]`, `}`, and `{` where no count follows, too |
/// | `.` | anything but a line terminator |
/// | `[…]`, `[^…]` | scalars, ranges of them and escapes |
/// | `\d` `\w` `\s` `\D` `\W` `\S` | ASCII digits; ASCII letters, digits and `_`; white space |
/// | `\t` `\n` `\v` `\f` `\r` `\xHH` `\uHHHH`, `\` before ASCII punctuation | one scalar |
/// | `(…)`, `(?:…)`, `(?<name>…)`, `a\|b` | groups and alternatives |
/// | `*` `+` `?` `{m}` `{m,}` `{m,n}` and each with `?` | repetitions |
/// | `^`, `$` | the text's beginning and end |
///
/// Back references, looking ahead or behind, `\b`, `\p` and whatever else there is are not matched,
/// nor is what takes more than `instructionCountMax` instructions or `groupDepthMax` groups within
/// each other.
struct Pattern: Sendable {
    static let instructionCountMax = 512
    static let groupDepthMax = 32

    /// Where it stands in `SchemaProgram.names`.
    let text: Range<Int>
    /// A part of `SchemaProgram.patternCode`.
    let code: Range<Int>
}

/// A step of a pattern. Ways are relative to the instruction itself, so that what is repeated can
/// be copied.
enum PatternInstruction: Sendable {
    /// One scalar; where what it may be is spelled in the pattern's text.
    case scalar(Range<Int>)
    case fork(Int, Int)
    case jump(Int)
    case textStart
    case textEnd
}
