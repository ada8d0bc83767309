import CommandLine

extension InfluxServer {
  /// What a write without points has: a comment of line protocol.
  private static let noPoints: StaticString = "# p1influx --check\n"
  /// How long the check may take at most, whatever the settings say: a person waits.
  private static let timeout = Duration.seconds(10)

  /// Sends a request that writes no point, for `--check --connect`.
  ///
  /// - Returns: how the server was reached.
  /// - Throws: `Failure` if it cannot be reached, or would reject points.
  func check(hasLogin: Bool) throws -> String {
    let request = writes[0]
    try request.prepare("\(InfluxServer.noPoints)".utf8Bytes.span, compresses: false)
    try client.begin(request)
    let deadline = ContinuousClock.now + InfluxServer.timeout
    while request.answer == nil, .now < deadline {
      _ = try client.wait(for: [], until: deadline)
      try client.proceed()
    }
    switch request.answer {
    case nil:
      let seconds = InfluxServer.timeout.components.seconds
      throw Failure(
        name, "no answer within \(seconds) s; check its name and port", .unavailable)
    case .failure(let reason): throw Failure(name, reason, .unavailable)
    case .status(401, _, _), .status(403, _, _):
      let advice = hasLogin ? "check the login" : "it needs a login"
      throw Failure(name, "\(request.answer?.description ?? ""); \(advice)", .noPermission)
    case .status(404, _, _) where creation != nil: return "connected; the database will be created"
    case .status(404, _, _), .status(500..., _, _):
      throw Failure(name, request.answer?.description ?? "", .unavailable)
    case .status: return "connected"
    }
  }
}
