@main enum Micro {
    static func main() {}
}
