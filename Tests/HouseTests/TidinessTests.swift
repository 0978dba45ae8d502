import Testing

@Suite struct `Tidiness` {
    static let files =
        House.sources + House.files(in: "Tests") + House.files(in: "Benchmarks")

    @Test(arguments: House.sources)
    func `a source file has at most 400 lines`(file: SourceFile) {
        #expect(file.lines.count <= 400)
    }

    @Test(arguments: files)
    func `a line has at most 100 columns`(file: SourceFile) {
        for (index, line) in file.lines.enumerated() {
            // A long literal cannot be broken without changing it.
            guard line.count > 100, !line.contains("\"") else { continue }
            Issue.record("\(file.path):\(index + 1)")
        }
    }

    /// Functions that read worse in two: none yet.
    static let longFunctions: Set<String> = []

    @Test(arguments: House.sources)
    func `a function has at most 60 lines`(file: SourceFile) {
        var start: (line: Int, indent: Int)?
        for (index, line) in file.lines.enumerated() {
            let indent = line.prefix { $0 == " " }.count
            let words = line.split(separator: " ")
            if start == nil,
                words.contains("func") || words.contains(where: { $0.hasPrefix("init(") }),
                !line.contains("///"), !line.contains("//")
            {
                start = (index, indent)
            }
            guard let begun = start, indent == begun.indent, index > begun.line,
                line.trimmingPrefix(" ").hasPrefix("}")
            else { continue }
            if line.contains(") ") && line.contains("{") { continue }
            #expect(index - begun.line < 60, "\(file.path):\(begun.line + 1)")
            start = nil
        }
    }

    @Test(arguments: House.sources)
    func `nothing is tried with an exclamation mark or printed in a module`(file: SourceFile) {
        let isCommand = file.module == "e2ee-proxy"
        for (index, line) in file.lines.enumerated() where !line.contains("//") {
            let place: Comment = "\(file.path):\(index + 1)"
            #expect(!line.contains("try!"), place)
            #expect(!line.contains("as!"), place)
            #expect(isCommand || !line.contains("print("), place)
            #expect(!line.contains("TODO") && !line.contains("FIXME"), place)
        }
    }
}
