public import Bytes

extension Pins {
    /// Appends the pins as the text that `init(json:)` reads, a line an entry.
    public func write(to output: inout Buffer) {
        output.append("{\n  \"e2ee_proxy_pins\": 1")
        Self.list("base_images", baseImages, to: &output) { image, entry in
            entry.add("mr_td", hex: image.mrTD)
            entry.add("rtmr1", hex: image.rtmr1)
            entry.add("rtmr2", hex: image.rtmr2)
            entry.add("os_image_hash", hex: image.osImageHash)
            entry.add("development", json: image.isDevelopment ? "true" : "false")
            return (image.name, image.source)
        }
        Self.list("kms_roots", kmsRoots, to: &output) { root, entry in
            entry.add("key", hex: root.key)
            return (root.name, root.source)
        }
        Self.list("apps", apps, to: &output) { app, entry in
            entry.add("app_id", hex: app.appID)
            var provider = Entry()
            provider.add("name", text: app.keyProvider.name)
            provider.add("id", hex: app.keyProvider.id)
            entry.add("key_provider", json: provider.json)
            entry.add("scope", text: app.scope == .modelHost ? "model-host" : "gateway")
            return (app.name, app.source)
        }
        Self.list("compose_hashes", composes, to: &output) { compose, entry in
            entry.add("app_id", hex: compose.appID)
            entry.add("compose_hash", hex: compose.composeHash)
            return (compose.name, compose.source)
        }
        output.append("\n}\n")
    }

    /// The members of one object as they are spelled.
    private struct Entry {
        private var members: [String] = []

        var json: String { "{" + members.joined(separator: ", ") + "}" }

        mutating func add(_ name: String, json: String) {
            members.append("\"\(name)\": \(json)")
        }

        mutating func add(_ name: String, text: String) {
            var string = Buffer()
            string.append(jsonString: text)
            add(name, json: string.readable.text)
        }

        mutating func add(_ name: String, hex bytes: [UInt8]) {
            add(name, text: Hex.string(bytes.span))
        }
    }

    private static func list<Pin>(
        _ name: StaticString, _ pins: [Pin], to output: inout Buffer,
        _ describe: (Pin, inout Entry) -> (name: String, source: String)
    ) {
        guard !pins.isEmpty else { return }
        output.append(",\n  \"")
        output.append(name)
        output.append("\": [")
        for (index, pin) in pins.enumerated() {
            var entry = Entry()
            let texts = describe(pin, &entry)
            entry.add("name", text: texts.name)
            if !texts.source.isEmpty { entry.add("source", text: texts.source) }
            output.append(index == 0 ? "\n    " : ",\n    ")
            output.append(entry.json)
        }
        output.append("\n  ]")
    }
}
