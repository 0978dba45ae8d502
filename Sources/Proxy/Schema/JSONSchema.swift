import Bytes

enum SchemaError: Error { case tooLarge }
enum SchemaVerdict: Equatable {
    case valid
    case invalid
}
final class JSONSchema: Sendable {
    let text: Buffer
    init(_ schema: Span<UInt8>) throws(SchemaError) { text = Buffer(schema) }
    func verdict(on value: JSONValue, in bytes: Span<UInt8>) -> SchemaVerdict { .valid }
    func verdict(
        onMember name: Span<UInt8>, value: JSONValue, in bytes: Span<UInt8>
    ) -> SchemaVerdict { .valid }
}
extension SchemaVerdict {
    func write(to output: inout Buffer) {}
}
