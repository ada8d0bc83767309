import Metrics
import Records
import Telegrams

/// The telegram that a list becomes, so that p1parse reads it as any other:
///
///     "/" FLAG "5" type CRLF CRLF "0-0:1.0.0(" time ")" CRLF { code "(" value [ "*" unit ] ")" CRLF } "!" CRC CRLF
extension PushList {
  /// Whether the telegram tells the instant of its values.
  public var tellsInstant: Bool { time?.namesInstant == true }

  /// Nil if no number is known.
  public var telegram: [UInt8]? {
    guard values.contains(where: \.isNumber) else { return nil }
    var text = "/\(maker ?? ListDefinition.unknownMaker)5\(type ?? "")\r\n\r\n".utf8Bytes
    if let time { text += "0-0:1.0.0(\(time.telegramText))\r\n".utf8 }
    for value in values { text += "\(value.code)(".utf8Bytes + value.printed + ")\r\n".utf8 }
    text.append(UInt8(ascii: "!"))
    return text + "\(CRC16.checksum(text.span).hexadecimal)\r\n".utf8
  }
}

extension PushValue {
  fileprivate var isNumber: Bool {
    if case .number = content { true } else { false }
  }

  /// What the parentheses of the line hold.
  fileprivate var printed: [UInt8] {
    switch content {
    case .time(let time): return time.telegramText.utf8Bytes
    case .text(let text): return isHexadecimal(text) ? text.hexadecimal.utf8Bytes : text
    case .number(let digits, let exponent, let unit):
      var printed: [UInt8] = []
      let text = digits.utf8Bytes
      DecimalText(text.span)?.append(from: text.span, timesTenToThe: exponent, to: &printed)
      // A number of the meter is printed as text is.
      if isTextMetric { return printed.hexadecimal.utf8Bytes }
      return printed + (unit.map { "*\($0 == .cubicMetre ? "m3" : $0.symbol)" } ?? "").utf8
    }
  }

  /// Whether a telegram prints the octets of the text in hexadecimal.
  private func isHexadecimal(_ text: [UInt8]) -> Bool {
    isTextMetric || !text.allSatisfy(\.isPlain)
  }

  private var isTextMetric: Bool {
    switch MetricTable.metric(for: code)?.form {
    case .text, .meterIdentifier, .submeterIdentifier: true
    default: false
    }
  }
}

extension ListTime {
  /// The time as a telegram prints it: `YYMMDDhhmmss`, with a letter if it is Central European Time, or if the season
  /// of the clock is known. With any other deviation, the octets in hexadecimal, which tell it.
  ///
  /// A status without daylight saving time tells nothing if there is no deviation: Kamstrup means standard time, but
  /// Landis+Gyr and Kaifa send it in summer, too. Aidon means standard time by a deviation of 0.
  fileprivate var telegramText: String {
    guard let letter else { return dateTime.octets.hexadecimal }
    var text: [UInt8] = []
    let civil = dateTime.civil
    for part in [civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second] {
      text.append(part, digits: 2)
    }
    return String(decoding: text, as: UTF8.self) + letter
  }

  /// The letter of the season, empty if it is not known; nil for a time that is not Central European Time.
  private var letter: String? {
    switch (dateTime.deviation, dateTime.isSummer) {
    case (nil, true), (-120, true): "S"
    case (nil, _) where isStandard, (0, _) where isStandard, (-60, false): "W"
    case (nil, _): ""
    default: nil
    }
  }

  /// Whether it names one instant, also in the night in which an hour comes twice.
  fileprivate var namesInstant: Bool { letter != "" }
}

extension [UInt8] {
  fileprivate var hexadecimal: String { map(\.hexadecimal).joined() }
}

extension UInt8 {
  /// Whether it is a character that needs no care in a header or in parentheses.
  var isPlain: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: " "):
      true
    default: false
    }
  }
}
