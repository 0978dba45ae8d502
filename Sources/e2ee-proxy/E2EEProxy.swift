@main enum E2EEProxy {
    static func main() {}
}
