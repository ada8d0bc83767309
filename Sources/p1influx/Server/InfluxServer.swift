import CommandLine

/// A server and the requests that are sent to it.
struct InfluxServer {
  /// What messages call the server.
  let name: String
  let client: HTTPClient
  /// The requests that write points, one for each lane (``PreparedBatch``).
  let writes: [HTTPRequest]
  /// The request that creates the database, and its body; nil without `--create-db`.
  let creation: (request: HTTPRequest, body: [UInt8])?

  /// - Throws: `Failure` where libcurl rejects a setting.
  init(
    _ settings: InfluxSettings, _ precision: Precision, _ limits: InfluxLimits,
    by client: HTTPClient
  ) throws {
    name = settings.name
    self.client = client
    let path = settings.api.path(of: settings.place, precision)
    writes = try (0..<limits.lanes).map { _ in
      try HTTPRequest(settings.target, path, responseTimeout: limits.responseTimeout)
    }
    guard settings.createsDatabase,
      let (path, type, body) = settings.api.creation(of: settings.place)
    else {
      creation = nil
      return
    }
    let request = try HTTPRequest(
      settings.target, path, type: type, responseTimeout: limits.responseTimeout)
    creation = (request, body.utf8Bytes)
  }
}
