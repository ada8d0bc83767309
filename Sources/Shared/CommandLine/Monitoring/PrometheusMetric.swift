/// A metric in the text format of Prometheus, with all its samples:
///
///     # HELP p1cat_telegrams_total Whole telegrams read.
///     # TYPE p1cat_telegrams_total counter
///     p1cat_telegrams_total{pipe="house"} 12
public struct PrometheusMetric {
  public enum Kind: String, Sendable { case counter, gauge }

  public typealias Label = (name: String, value: String)

  public struct Sample {
    let labels: [Label]
    let value: String

    /// - Parameter value: a decimal number.
    public init(_ labels: [Label], _ value: String) {
      self.labels = labels
      self.value = value
    }
  }

  private let name: String
  private let kind: Kind
  private let help: String
  private let samples: [Sample]

  /// - Parameters:
  ///   - name: letters, digits and `_`.
  ///   - help: a sentence without line ends and backslashes.
  public init(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
    self.name = name
    self.kind = kind
    self.help = help
    self.samples = samples
  }

  /// A text as the name of a metric: `_` for each character that a name must not have.
  public static func name(_ text: String) -> String {
    String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  }

  /// A metric with one sample.
  init(
    _ name: String, _ kind: Kind, _ help: String, _ value: String, _ labels: [Label] = []
  ) {
    self.init(name, kind, help, [Sample(labels, value)])
  }

  /// - Parameter common: labels of every sample; one without a value is left out, as Prometheus does.
  func text(_ common: [Label]) -> String {
    let lines = samples.map { sample in
      let labels = (common + sample.labels).filter { !$0.value.isEmpty }.map { label in
        let escapes = [("\\", "\\\\"), ("\"", "\\\""), ("\n", "\\n")]
        let value = escapes.reduce(label.value) { $0.replacing($1.0, with: $1.1) }
        return "\(label.name)=\"\(value)\""
      }
      return name + (labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}")
        + " \(sample.value)\n"
    }
    return "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n" + lines.joined()
  }
}
