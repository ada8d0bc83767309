import CommandLine

/// A server and the requests that it gets.
struct InfluxServer {
  /// What messages call it.
  let name: String
  let client: HTTPClient
  /// The requests that write, of which each has a lane.
  let writes: [HTTPRequest]
  /// The request that makes the database, and its body; nil where it is to be there.
  let creation: (request: HTTPRequest, body: [UInt8])?

  /// - Throws: `Failure` where the settings cannot be used.
  init(
    _ settings: InfluxSettings, _ precision: Precision, _ limits: InfluxLimits,
    by client: HTTPClient
  ) throws {
    name = settings.name
    self.client = client
    let path = settings.api.path(of: settings.place, precision)
    writes = try (0..<limits.lanes).map { _ in
      try HTTPRequest(settings.target, path, silence: limits.responseTimeout)
    }
    guard settings.createsDatabase,
      let (path, type, body) = settings.api.creation(of: settings.place)
    else {
      creation = nil
      return
    }
    let request = try HTTPRequest(
      settings.target, path, type: type, silence: limits.responseTimeout)
    creation = (request, body.utf8Bytes)
  }
}
