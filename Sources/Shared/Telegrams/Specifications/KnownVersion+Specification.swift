import Metrics

/// The built-in knowledge as a specification file: p1spec(5).
///
/// Read back, it makes the same records. It is the same for all versions, as a code means the same in
/// each of them.
public struct SpecificationText {
  /// The text of the file.
  public let text: String

  /// All that stands between the first `(` of a line and the last `)`.
  private static let pattern = #"^.*?\((.*)\)$"#

  /// - Parameter version: the one that the file is for.
  public init(of version: KnownVersion) {
    var text = """
      # dsmr\(version.name).py: what p1parse knows by itself of version \(version.name) (\(version.description)).
      # Leave out what is not wanted, and call the rest as you like: see p1spec(5).
      {

      """
    var codes: Set<OBISCode> = []
    for (title, metrics) in MetricTable.sections {
      text += "    # \(title)\n"
      // Where a line can be one of two metrics, what is built in for the code tells them apart.
      for metric in metrics where codes.insert(metric.code).inserted {
        text += SpecificationText.line(metric.code.description, metric)
      }
    }
    text += "    # Sub-meters, on whatever channel\n"
    for metric in MetricTable.submeter {
      text += SpecificationText.line(metric.codeText, metric)
    }
    self.text = text + "}\n"
  }

  private static func line(_ header: String, _ metric: Metric) -> String {
    let type = ValueType(of: metric).text
    return """
          "\(header)": ["\(metric.description)", "\(metric.name)", r"\(pattern)", "\(type)"],

      """
  }
}

extension ValueType {
  /// The type of a metric's value.
  fileprivate init(of metric: Metric) {
    self =
      switch metric.form {
      // What stands in the record of a sub-meter measures nothing by itself.
      case _ where metric.isOfSubmeter: .builtIn
      case .quantity(let unit): ValueType(unit.symbol) ?? .builtIn
      case .number: .number
      case .state: .state
      case .text: .hexadecimal
      case .plainText: .text
      case .telegramTime: .timestamp
      default: .builtIn
      }
  }
}
