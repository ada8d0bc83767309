extension Record {
  /// Appends the record as a JSON object (RFC 8259) on a line of its own: numbers as numbers, with
  /// their decimals, and all else as strings.
  ///
  ///     {"timestamp":"2026-11-23T10:00:00Z","meter":"E0043","power_import_kw":0.321}
  ///
  /// - Parameters:
  ///   - output: what it is appended to.
  ///   - note: called for each value with where it begins in ``text`` and in `output`.
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
