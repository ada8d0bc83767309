import Metrics

/// The built-in specification as a file: p1spec(5).
extension KnownVersion {
  /// The text of a specification file that makes the same records as the built-in specification. Only
  /// its title depends on the version, as a code means the same in every version.
  public var specification: String {
    var text = """
      # dsmr\(name).py: the built-in specification of version \(name) (\(description)).
      # Delete the entries that you do not want, and rename metrics as you like: see p1spec(5).
      {

      """
    var codes: Set<OBISCode> = []
    for (title, metrics) in MetricTable.sections {
      text += "    # \(title)\n"
      // If a line can be one of two metrics, the type built-in tells them apart.
      for metric in metrics where codes.insert(metric.code).inserted {
        text += KnownVersion.entry(metric.code.description, metric)
      }
    }
    text += "    # Sub-meters, on any channel\n"
    for metric in MetricTable.submeter {
      text += KnownVersion.entry(metric.codeText, metric)
    }
    return text + "}\n"
  }

  /// The value is the text between the first `(` of the line and the last `)`.
  private static func entry(_ header: String, _ metric: Metric) -> String {
    """
        "\(header)": ["\(metric.description)", "\(metric.name)", \
    r"^.*?\\((.*)\\)$", "\(ValueType(of: metric).text)"],

    """
  }
}

extension ValueType {
  /// The type of a metric's value.
  fileprivate init(of metric: Metric) {
    self =
      switch metric.form {
      // Only the reading of a sub-meter counts as measured, which the type built-in takes care of.
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
