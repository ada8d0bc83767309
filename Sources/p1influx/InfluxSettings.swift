import Console

/// Which InfluxDB, and who writes to it: the options first, then the environment.
struct InfluxSettings {
  /// Whether anything is to be written at all.
  var isEnabled = true
  var host = "localhost"
  var port = 8086
  var database = "dsmr"
  var login: (user: String, password: Secret)?

  /// - Throws: `Failure` for a setting that cannot be used.
  init(_ environment: Environment) throws {
    isEnabled = try environment.flag(.influxEnabled) ?? isEnabled
    host = environment.string(.influxHost) ?? host
    guard !host.isEmpty, !host.contains(where: { "/?#@ \\".contains($0) }) else {
      throw environment.refused(.influxHost, "\"\(host)\" is no name or address of a host")
    }
    port = try environment.number(.influxPort, in: 1...65_535) ?? port
    database = environment.string(.influxDatabase) ?? database
    if let user = environment.string(.influxUser) {
      let password = try Secret.read(environment, .influxPassword, file: .influxPasswordFile)
      login = (user, password ?? Secret(""))
    }
  }

  /// What messages call the server.
  var name: String { "\(hostInURL):\(port)" }

  /// Where points are written to (InfluxDB 1.x, HTTP API, /write).
  var url: String { "http://\(name)/write?db=\(HTTPPost.escaped(database))" }

  private var hostInURL: String {
    host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
  }
}
