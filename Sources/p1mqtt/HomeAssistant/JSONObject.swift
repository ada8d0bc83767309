import Records

/// A JSON object (RFC 8259) with its members in the order in which they are set.
struct JSONObject {
  private var members: [String] = []

  var text: String { "{\(members.joined(separator: ","))}" }

  /// Sets a member; nil leaves it out.
  mutating func set(_ name: String, _ text: String?) {
    if let text { add(name, JSONObject.quoted(text)) }
  }

  mutating func set(_ name: String, _ number: Int) { add(name, String(number)) }
  mutating func set(_ name: String, _ truth: Bool) { add(name, String(truth)) }
  mutating func set(_ name: String, _ object: JSONObject) { add(name, object.text) }
  mutating func set(_ name: String, _ texts: [String]) {
    add(name, "[\(texts.map(JSONObject.quoted).joined(separator: ","))]")
  }

  private mutating func add(_ name: String, _ value: String) {
    members.append("\(JSONObject.quoted(name)):\(value)")
  }

  private static func quoted(_ text: String) -> String {
    var quoted: [UInt8] = []
    JSONText.append(text.utf8Bytes.span, to: &quoted)
    return String(decoding: quoted, as: UTF8.self)
  }
}
