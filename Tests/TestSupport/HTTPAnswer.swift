/// What a scripted web server answers to a request.
public enum HTTPAnswer: Sendable, Equatable {
  /// An answer in order, after which the connection is kept.
  case status(Int, headers: [String: String] = [:], body: String = "")
  /// The first half of a body, and the end of the connection.
  case half(Int, body: String)
  /// The end of the connection.
  case close
  /// Nothing, on a connection that stays.
  case silence

  /// What a database answers that has written all.
  public static let noContent = HTTPAnswer.status(204)

  /// An error as InfluxDB says it.
  public static func error(
    _ status: Int, _ reason: String, headers: [String: String] = [:]
  ) -> HTTPAnswer {
    .status(status, headers: headers, body: "{\"error\":\"\(reason)\"}\n")
  }

  /// Whether it says that all is well.
  public var isSuccess: Bool {
    if case .status(200..<300, _, _) = self { true } else { false }
  }
}
