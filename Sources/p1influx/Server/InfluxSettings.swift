import CommandLine
import Sinks

/// Which server, where in it, and who writes to it: the options first, then the environment.
struct InfluxSettings {
  var api = InfluxAPI.version1
  var place = InfluxPlace(database: "dsmr")
  /// Whether the database is made where it is not there.
  var createsDatabase = false
  var target = HTTPTarget(base: "http://localhost:8086")
  /// What messages call the server.
  var name = "localhost:8086"

  /// - Throws: `Failure` for a setting that cannot be used.
  init(_ environment: Environment) throws {
    try setAddress(environment)
    try setPlace(environment)
    try setCreation(environment)
    try setLogin(environment)
    try setTLS(environment)
  }

  /// The settings as their files are now, for a server that is to go on.
  ///
  /// - Parameter environment: the settings.
  /// - Returns: what they come to.
  /// - Throws: `Failure` for a file that cannot be used, or could have to be waited for.
  static func again(_ environment: Environment) throws -> InfluxSettings {
    try environment.refuseStreams([
      .influxPasswordFile, .influxTokenFile, .influxCAFile, .influxCertificateFile, .influxKeyFile,
      .influxPinnedKey,
    ])
    return try InfluxSettings(environment)
  }

  // MARK: - Where

  private mutating func setAddress(_ environment: Environment) throws {
    let isHostGiven = environment.isOption(.influxHost) || environment.isOption(.influxPort)
    if let url = environment.string(.influxURL), !isHostGiven {
      let address = try InfluxAddress(url) { environment.refused(.influxURL, $0) }
      target.base = address.base
      target.socket = address.socket
      api = address.api ?? api
      name = url
      return
    }
    let text = environment.string(.influxHost) ?? "localhost"
    let parts = HostAndPort(text)
    guard parts.isHostValid else {
      throw environment.refused(.influxHost, "\"\(text)\" is not the name or address of a host")
    }
    guard !parts.hasPort else {
      throw environment.refused(
        .influxHost, "\"\(text)\" has a port, which is a setting of its own")
    }
    let port = try environment.number(.influxPort, in: 1...65_535) ?? 8086
    name = parts.host.contains(":") ? "[\(parts.host)]:\(port)" : "\(parts.host):\(port)"
    target.base = "http://\(name)"
  }

  private mutating func setPlace(_ environment: Environment) throws {
    place.database = try environment.text(.influxDatabase) ?? place.database
    place.retentionPolicy = try environment.text(.influxRetentionPolicy)
    place.organization = try environment.text(.influxOrganization)
    // Of two that say the same, the option.
    let isDatabaseMeant =
      environment.isOption(.influxDatabase) && !environment.isOption(.influxBucket)
    if let bucket = try environment.text(.influxBucket), !isDatabaseMeant {
      place.database = bucket
      api = .version2
    } else if place.organization != nil {
      api = .version2
    }
    let choices = KeyValuePairs(
      dictionaryLiteral: ("1", InfluxAPI.version1), ("2", .version2), ("3", .version3))
    api = try environment.choice(.influxAPI, choices) ?? api
    if place.retentionPolicy != nil, api != .version1 {
      throw environment.refused(.influxRetentionPolicy, "only InfluxDB 1 has retention policies")
    }
  }

  private mutating func setCreation(_ environment: Environment) throws {
    createsDatabase = try environment.flag(.influxCreateDatabase) ?? false
    guard !createsDatabase || api.creation(of: place) != nil else {
      throw environment.refused(
        .influxCreateDatabase, "InfluxDB 2 makes its buckets by itself: influx(1)")
    }
  }

  // MARK: - Who

  private mutating func setLogin(_ environment: Environment) throws {
    if !environment.isOption(.influxUser),
      let token = try Secret.read(environment, .influxToken, file: .influxTokenFile)
    {
      guard !token.value.unicodeScalars.contains(where: { $0.value < 0x21 }) else {
        throw environment.refused(.influxToken, "a token has no blanks in it")
      }
      target.token = (api.tokenScheme, token)
      return
    }
    let password = try Secret.read(environment, .influxPassword, file: .influxPasswordFile)
    guard let user = try environment.text(.influxUser) else {
      guard password == nil else {
        throw environment.refused(.influxUser, "a password needs a user: --user, or INFLUXDB_USER")
      }
      return
    }
    // It ends there in what is sent (RFC 7617, section 2).
    guard !user.contains(":") else {
      throw environment.refused(.influxUser, "\"\(user)\" has a colon in it")
    }
    target.login = (user, password ?? Secret(""))
  }

  private mutating func setTLS(_ environment: Environment) throws {
    let settings: [SettingName] = [
      .influxCAFile, .influxCertificateFile, .influxKeyFile, .influxPinnedKey,
    ]
    if !target.base.hasPrefix("https:"),
      let setting = settings.first(where: { environment.string($0) != nil })
    {
      throw environment.refused(setting, "\(name) is not encrypted: it needs an https: address")
    }
    target.caFile = try environment.file(.influxCAFile, refusing: PEM.faultOfCertificate)
    target.certificateFile = try environment.file(
      .influxCertificateFile, refusing: PEM.faultOfCertificate)
    target.keyFile = try environment.file(.influxKeyFile, refusing: PEM.faultOfKey)
    if target.certificateFile != nil, target.keyFile == nil {
      _ = try environment.file(.influxCertificateFile, refusing: PEM.faultOfKey)
    } else if target.certificateFile == nil, target.keyFile != nil {
      throw environment.refused(
        .influxKeyFile, "needs \(SettingName.influxCertificateFile.rawValue)")
    }
    target.pinnedKey = environment.string(.influxPinnedKey)
    if let key = target.pinnedKey, !InfluxSettings.isHash(key) {
      do { _ = try readFile(key, limit: 4 << 20, .configuration) } catch is Failure {
        throw environment.refused(
          .influxPinnedKey, "\"\(key)\" is neither sha256//… in base64 nor a file")
      }
    }
  }

  /// Whether a text is one or more hashes of keys, as libcurl wants them: `sha256//…;sha256//…`.
  private static func isHash(_ text: String) -> Bool {
    text.split(separator: ";", omittingEmptySubsequences: false).allSatisfy { part in
      // 32 bytes in base64.
      part.hasPrefix("sha256//") && part.utf8.count == 52 && part.hasSuffix("=")
        && part.dropLast().allSatisfy {
          $0.isASCII && ($0.isLetter || $0.isNumber || "+/".contains($0))
        }
    }
  }
}
