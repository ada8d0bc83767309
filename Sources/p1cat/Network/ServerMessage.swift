/// Plain text that a server sends instead of a telegram: ser2net says so why it refuses a connection,
/// as in `Port already in use`.
struct ServerMessage {
  private var bytes: [UInt8] = []

  private static let maximumBytes = 512
  private static let maximumCharactersShown = 120
  /// A line with fewer letters is noise.
  private static let minimumLetters = 4

  mutating func add(_ more: Span<UInt8>) {
    let room = ServerMessage.maximumBytes - bytes.count
    bytes.append(contentsOf: more.extracting(first: max(0, room)))
  }

  /// The text on one line, without control characters; nil if there is none, or if the bytes are those
  /// of a meter.
  var text: String? {
    let lines = withoutTelnet().split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
    if lines.contains(where: ServerMessage.isTelegramLine) { return nil }
    let texts = lines.compactMap(ServerMessage.text)
    guard !texts.isEmpty else { return nil }
    let text = texts.joined(separator: " ")
    return text.count > ServerMessage.maximumCharactersShown
      ? "\(text.prefix(ServerMessage.maximumCharactersShown))..." : text
  }

  /// Whether a line, or the rest of one, is from a telegram: a header, an end, or a code with its value.
  private static func isTelegramLine(_ line: ArraySlice<UInt8>) -> Bool {
    if line.first == UInt8(ascii: "/") || line.first == UInt8(ascii: "!") { return true }
    return zip(line, line.dropFirst()).contains {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) && $1 == UInt8(ascii: "(")
    }
  }

  /// The printable characters of a line; nil if it is not text.
  private static func text(of line: ArraySlice<UInt8>) -> String? {
    guard let text = String(validating: line, as: UTF8.self) else { return nil }
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: break
      default: shown.append(scalar)
      }
    }
    let isSentence = shown.count(where: { $0.properties.isAlphabetic }) >= minimumLetters
    return isSentence ? String(shown) : nil
  }

  /// The bytes without telnet commands: IAC (255), a command and, after WILL, WONT, DO and DONT, an
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
