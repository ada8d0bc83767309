import Metrics

/// The name of a sensor: the words of its metric, without the unit, as "Energy import T1". It is short, and says
/// early what tells it from others, as Home Assistant cuts long names.
enum SensorName {
  /// Of a metric of the table.
  static func words(of metric: Metric) -> String {
    if metric.name == "timestamp" { return "Last reading" }
    return words(of: metric.name, without: ["state", metric.unit?.suffix])
  }

  static func words(of reading: SubmeterReading) -> String {
    words(of: reading.name.replacing("submeter_", with: ""), without: [reading.unit.suffix])
  }

  /// Of any name.
  ///
  /// - Parameter endings: what the name may end in that is no word of it.
  static func words(of name: String, without endings: [String?]) -> String {
    var words = name.split { "_.:-".contains($0) }
    if words.count > 1, let last = words.last, endings.contains(String(last).lowercased()) {
      words.removeLast()
    }
    let text = words.map(word).joined(separator: " ")
    return "\(text.prefix(1).uppercased())\(text.dropFirst())"
  }

  /// A word of a name: `l1` as L1, `tariff2` as T2.
  private static func word(_ word: Substring) -> String {
    let letters = word.prefix { !$0.isNumber }
    let number = word.dropFirst(letters.count)
    switch letters {
    case "l", "p": return word.uppercased()
    case "ean": return "EAN"
    // Home Assistant would cut "Energy import tariff 1" before the number.
    case "tariff" where !number.isEmpty: return "T\(number)"
    case "q" where !number.isEmpty: return "quadrant \(number)"
    default: return number.isEmpty || letters.count < 4 ? String(word) : "\(letters) \(number)"
    }
  }
}
