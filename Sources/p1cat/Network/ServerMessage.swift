/// What a server sends that is no telegram: a gateway says in plain text why it passes none on, such as
/// `Port already in use`.
struct ServerMessage {
  private var bytes: [UInt8] = []

  /// The most bytes that are looked at, and the most characters that are shown.
  private static let longest = 512
  private static let longestShown = 120
  /// The fewest letters of a line that is a sentence, and no accident.
  private static let fewestLetters = 4

  mutating func add(_ more: Span<UInt8>) {
    let room = ServerMessage.longest - bytes.count
    bytes.append(contentsOf: more.extracting(first: max(0, room)))
  }

  /// The text in one line, without control characters; nil where there is none, or the server has
  /// passed on what a meter prints.
  var text: String? {
    let lines = withoutTelnet().split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
    if lines.contains(where: ServerMessage.isOfTelegram) { return nil }
    let texts = lines.compactMap(ServerMessage.text)
    guard !texts.isEmpty else { return nil }
    let text = texts.joined(separator: " ")
    return text.count > ServerMessage.longestShown
      ? "\(text.prefix(ServerMessage.longestShown))..." : text
  }

  /// Whether a line, or the rest of one, is one of a meter: a header, an end, or a code with its value.
  private static func isOfTelegram(_ line: ArraySlice<UInt8>) -> Bool {
    if line.first == UInt8(ascii: "/") || line.first == UInt8(ascii: "!") { return true }
    return zip(line, line.dropFirst()).contains {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) && $1 == UInt8(ascii: "(")
    }
  }

  /// What can be shown of a line; nil where that is not text.
  private static func text(of line: ArraySlice<UInt8>) -> String? {
    guard let text = String(validating: line, as: UTF8.self) else { return nil }
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: break
      default: shown.append(scalar)
      }
    }
    let isSentence = shown.count(where: { $0.properties.isAlphabetic }) >= fewestLetters
    return isSentence ? String(shown) : nil
  }

  /// The bytes without the options that telnet negotiates: IAC, a command and, with four of those, an
  /// option (RFC 854).
  private func withoutTelnet() -> [UInt8] {
    var rest = bytes[...]
    var text: [UInt8] = []
    while let byte = rest.popFirst() {
      guard byte == 0xFF else {
        text.append(byte)
        continue
      }
      if let command = rest.popFirst(), (0xFB...0xFE).contains(command) { rest = rest.dropFirst() }
    }
    return text
  }
}
