import CommandLine
import Records

extension InfluxServer {
  /// A write without points has a comment of line protocol.
  private static let noPoints = "# p1influx --check\n"

  /// Sends a request that writes no point, for `--check --connect`.
  ///
  /// - Returns: how the server was reached.
  /// - Throws: `Failure` if it cannot be reached, or would reject points.
  func check(_ settings: InfluxSettings) throws -> String {
    let request = writes[0]
    try request.prepare(InfluxServer.noPoints.utf8Bytes.span, compresses: false)
    try client.begin(request)
    let deadline = ContinuousClock.now + MonitoringGroup.longestCheck
    while request.answer == nil, .now < deadline {
      _ = try client.wait(for: [], until: deadline)
      try client.proceed()
    }
    guard let answer = request.answer else {
      let seconds = MonitoringGroup.longestCheck.inSeconds
      throw Failure(name, "no answer for \(seconds) s; check its name and port", .unavailable)
    }
    switch answer {
    case .failure(let reason): throw Failure(name, reason, .unavailable)
    case .status(200..<300, _, _): return "connected"
    case .status(401, _, _), .status(403, _, _):
      throw Failure(name, answer.description(ifCreating: creation != nil), .noPermission)
    // InfluxDB 3 rejects a write without points, after it has checked the login and the database.
    case .status(400, _, _) where settings.api == .version3: return "connected"
    case .status(404, let text, _) where text.contains("database not found"):
      if creation != nil { return "connected; the database will be created" }
      throw Failure(name, answer.description(ifCreating: creation != nil), .unavailable)
    case .status(500..., _, _): throw Failure(name, answer.description, .unavailable)
    case .status:
      throw Failure(
        name, "\(answer.description); is this the database? check its port and path", .unavailable)
    }
  }
}
