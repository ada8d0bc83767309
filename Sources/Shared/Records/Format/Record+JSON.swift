extension Record {
  /// Appends the record as a JSON object (RFC 8259) on one line: numbers as numbers, with their
  /// decimals, and all else as strings.
  ///
  ///     {"timestamp":"2026-11-23T10:00:00Z","meter":"E0043","power_import_kw":0.321}
  ///
  /// - Parameter note: called for each value with its offset in ``text`` and in `output`.
  public func appendJSON(
    to output: inout [UInt8], _ note: (_ source: Int, _ target: Int) -> Void = { _, _ in }
  ) {
    var separator = UInt8(ascii: "{")
    var source = 0
    forEachField { key, value in
      source += key.count + 1
      defer { source += value.count + 1 }
      output.append(separator)
      separator = UInt8(ascii: ",")
      JSONText.append(key, to: &output)
      output.append(UInt8(ascii: ":"))
      let isText = RecordKey.timestamp.matches(key) || RecordKey.meter.matches(key)
      if !isText, let number = DecimalText(value, ofMetric: key) {
        note(source, output.count)
        number.append(from: value, to: &output)
      } else {
        note(source, output.count + 1)
        JSONText.append(Escape.decode(value).span, to: &output)
      }
    }
    if separator == UInt8(ascii: "{") { output.append(separator) }
    output.append(contentsOf: "}\n".utf8)
  }
}

/// JSON strings (RFC 8259, section 7).
public enum JSONText {
  /// Appends a text as a quoted string. A byte that is not UTF-8 becomes U+FFFD, as JSON has to be
  /// UTF-8.
  public static func append(_ text: Span<UInt8>, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    for byte in String(decoding: [UInt8](text), as: UTF8.self).utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        output.append(UInt8(ascii: "\\"))
        output.append(byte)
      case UInt8(ascii: "\n"): output.append(contentsOf: "\\n".utf8)
      case UInt8(ascii: "\r"): output.append(contentsOf: "\\r".utf8)
      case UInt8(ascii: "\t"): output.append(contentsOf: "\\t".utf8)
      case 0..<0x20:
        output.append(contentsOf: "\\u00\(byte.hexadecimal.lowercased())".utf8)
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }
}
