import CommandLine

/// How topics are made: text, and in braces what a record says.
struct TopicTemplate {
  enum Field: String, CaseIterable {
    case prefix, meter, channel, metric
  }

  private enum Part: Equatable {
    case text(String)
    case field(Field)
  }

  private let parts: [Part]

  /// - Parameters:
  ///   - text: the template: `{prefix}/{meter}/{metric}`.
  ///   - prefix: what stands for `{prefix}`.
  ///   - payload: what it is the template for.
  ///   - refused: what is said of one that cannot be.
  /// - Throws: what `refused` gives.
  init(_ text: String, prefix: String, _ payload: Payload, refused: (String) -> Failure) throws {
    var parts: [Part] = []
    var rest = Substring(text)
    while let brace = rest.firstIndex(where: { "{}".contains($0) }) {
      if brace > rest.startIndex { parts.append(.text(String(rest[..<brace]))) }
      guard rest[brace] == "{", let end = rest[brace...].firstIndex(of: "}"),
        let field = Field(rawValue: String(rest[rest.index(after: brace)..<end]))
      else {
        let fields = Field.allCases.map { "{\($0.rawValue)}" }.joined(separator: " ")
        throw refused("\"\(text)\" has something else in braces than \(fields)")
      }
      parts.append(field == .prefix ? .text(prefix) : .field(field))
      rest = rest[rest.index(after: end)...]
    }
    if !rest.isEmpty { parts.append(.text(String(rest))) }
    self.parts = parts
    if let fault = TopicTemplate.fault(in: topic(meter: "0", channel: "0", metric: "0")) {
      throw refused(fault)
    }
    guard parts.contains(.field(.metric)) != payload.isTimed else {
      throw refused(
        payload.isTimed
          ? "\"\(text)\" has {metric}, but a message is a whole record"
          : "\"\(text)\" has no {metric}, so that all values would have one topic")
    }
  }

  /// Whether topics tell the meters apart, and the channels.
  var tellsMeters: Bool { parts.contains(.field(.meter)) }
  var tellsChannels: Bool { parts.contains(.field(.channel)) }

  /// The topic, of levels that are escaped where they have to be.
  func topic(meter: String, channel: String, metric: String) -> String {
    var topic = ""
    for part in parts {
      switch part {
      case .text(let text): topic += text
      case .field(.meter): topic += meter
      case .field(.channel): topic += channel
      case .field(.metric): topic += metric
      case .field(.prefix): break
      }
    }
    return topic
  }

  /// What keeps a text from being a topic to publish to (MQTT 5, 4.7 and 1.5.4) that is not the
  /// broker's own; nil for nothing.
  static func fault(in text: String) -> String? {
    guard text.utf8.count <= mostBytes else { return "a topic has at most \(mostBytes) bytes" }
    let isPlain = text.unicodeScalars.allSatisfy {
      $0 != "+" && $0 != "#" && $0.properties.generalCategory != .control
        && !$0.properties.isNoncharacterCodePoint
    }
    guard !text.isEmpty, !text.hasPrefix("$"), isPlain else {
      return "invalid topic \"\(text)\": it must not be empty, start with $ or contain +, # or "
        + "control characters"
    }
    return nil
  }

  /// The most bytes of what the settings say of a topic: a meter may say more.
  private static let mostBytes = 1000
}
