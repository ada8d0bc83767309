import CommandLine

/// The template of topics: text, with fields of a record in braces.
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
  ///   - prefix: the text for `{prefix}`.
  ///   - payload: what is published to the topics.
  ///   - failure: makes the failure of a reason.
  /// - Throws: that failure, for a text that is no template of such topics.
  init(_ text: String, prefix: String, _ payload: Payload, failure: (String) -> Failure) throws {
    var parts: [Part] = []
    var rest = Substring(text)
    while let brace = rest.firstIndex(where: { "{}".contains($0) }) {
      if brace > rest.startIndex { parts.append(.text(String(rest[..<brace]))) }
      guard rest[brace] == "{", let end = rest[brace...].firstIndex(of: "}"),
        let field = Field(rawValue: String(rest[rest.index(after: brace)..<end]))
      else {
        let fields = Field.allCases.map { "{\($0.rawValue)}" }.joined(separator: " ")
        throw failure("\"\(text)\" has an unknown field in braces; use \(fields)")
      }
      parts.append(field == .prefix ? .text(prefix) : .field(field))
      rest = rest[rest.index(after: end)...]
    }
    if !rest.isEmpty { parts.append(.text(String(rest))) }
    self.parts = parts
    if let fault = TopicTemplate.fault(in: topic(meter: "0", channel: "0", metric: "0")) {
      throw failure(fault)
    }
    guard parts.contains(.field(.metric)) != payload.isTimed else {
      throw failure(
        payload.isTimed
          ? "\"\(text)\" has {metric}, but a message is a whole record; leave {metric} out"
          : "\"\(text)\" has no {metric}: all values would have one topic; add {metric}")
    }
  }

  /// Whether topics differ by meter, and by channel.
  var tellsMeters: Bool { parts.contains(.field(.meter)) }
  var tellsChannels: Bool { parts.contains(.field(.channel)) }

  /// The topic of levels that are escaped already.
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

  /// Why a text is no topic to publish to (MQTT 5, 4.7 and 1.5.4); nil if it is one. Topics that begin
  /// with `$` are the broker's own.
  static func fault(in text: String) -> String? {
    guard text.utf8.count <= maximumBytes else {
      return "a topic has at most \(maximumBytes) bytes"
    }
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

  /// The most bytes of a topic in the settings. With the names of a meter it may become longer.
  private static let maximumBytes = 1000
}
