import CommandLine
import Sinks

/// The server, the database in it, and who logs in.
struct InfluxSettings {
  private(set) var api = InfluxAPI.version1
  let place: InfluxPlace
  let createsDatabase: Bool
  private(set) var target = HTTPTarget(base: "")
  /// What messages call the server.
  private(set) var name = ""
  private let group = DatabaseServerGroup()

  /// - Throws: `Failure` for a setting that cannot be used.
  init(_ settings: Settings) throws {
    let database = try settings[group.database]
    let bucket = try settings[group.bucket]
    // An option of the command line comes before a variable that says the same.
    let isDatabaseTyped = settings.isOption(group.database)
    if isDatabaseTyped, settings.isOption(group.bucket) {
      throw settings.failure(group.bucket, "use either --bucket, for InfluxDB 2, or --db")
    }
    let usesBucket = bucket != nil && !(isDatabaseTyped && !settings.isOption(group.bucket))
    place = InfluxPlace(
      database: usesBucket ? bucket ?? database : database,
      retentionPolicy: try settings[group.retentionPolicy],
      organization: try settings[group.organization])
    createsDatabase = try settings[group.createDatabase]
    try setAddress(settings)
    if usesBucket || place.organization != nil { api = .version2 }
    if let version = try settings[group.api].flatMap({ InfluxAPI(rawValue: $0) }) { api = version }
    if place.retentionPolicy != nil, api != .version1 {
      throw settings.failure(group.retentionPolicy, "only InfluxDB 1 has retention policies")
    }
    if createsDatabase, api.creation(of: place) == nil {
      throw settings.failure(
        group.createDatabase,
        "p1influx cannot create a bucket of InfluxDB 2; use influx bucket create")
    }
    try setLogin(settings)
    try setTLS(settings)
  }

  /// The settings of a tool that is running, with what their files hold now.
  ///
  /// - Throws: `Failure` for a file that cannot be used, or is a pipe, which could block.
  static func again(_ settings: Settings) throws -> InfluxSettings {
    let group = DatabaseServerGroup()
    try settings.rejectStreams([
      group.passwordFile, group.tokenFile, group.caFile, group.certificateFile, group.keyFile,
      group.pinnedKey,
    ])
    return try InfluxSettings(settings)
  }

  private mutating func setAddress(_ settings: Settings) throws {
    let isHostTyped = settings.isOption(group.host) || settings.isOption(group.port)
    if let url = try settings[group.url], !isHostTyped || settings.isOption(group.url) {
      guard !isHostTyped else {
        throw settings.failure(group.url, "use either --url, or --host and --port")
      }
      let address = try InfluxAddress(url) { settings.failure(group.url, $0) }
      target.base = address.base
      target.socket = address.socket
      api = address.api ?? api
      name = url
      return
    }
    let text = try settings[group.host]
    // This message does not show the address, as it may contain a password.
    guard !text.contains("@") else {
      throw settings.failure(group.host, InfluxAddress.noLogin)
    }
    let parts = HostAndPort(text)
    guard parts.isHostValid else {
      throw settings.failure(group.host, "\"\(text)\" is not the name or address of a host")
    }
    guard !parts.hasPort else {
      throw settings.failure(
        group.host, "\"\(text)\" contains a port; set it with \(group.port.text)")
    }
    let port = try settings[group.port]
    name = parts.host.contains(":") ? "[\(parts.host)]:\(port)" : "\(parts.host):\(port)"
    target.base = "http://\(name)"
  }

  private mutating func setLogin(_ settings: Settings) throws {
    if !settings.isOption(group.user),
      let token = try Secret.read(settings, group.token, file: group.tokenFile)
    {
      guard !token.value.unicodeScalars.contains(where: { $0.value < 0x21 }) else {
        throw settings.failure(group.token, "it contains a blank or a control character")
      }
      target.token = (api.tokenScheme, token)
      return
    }
    let password = try Secret.read(settings, group.password, file: group.passwordFile)
    guard let user = try settings[group.user] else {
      let passwords: [any AnySetting] = [group.passwordFile, group.password]
      if password != nil, let setting = passwords.first(where: settings.isSet) {
        throw settings.failure(setting, "a password needs a user; set \(group.user.text)")
      }
      return
    }
    // In the request, a colon ends the name of the user (RFC 7617, section 2).
    guard !user.contains(":") else {
      throw settings.failure(group.user, "\"\(user)\" must not contain a colon")
    }
    target.login = (user, password ?? Secret(""))
  }

  private mutating func setTLS(_ settings: Settings) throws {
    let files = [group.caFile, group.certificateFile, group.keyFile, group.pinnedKey]
    if !target.base.hasPrefix("https:"), let setting = files.first(where: { settings.isSet($0) }) {
      throw settings.failure(setting, "\(name) is not encrypted; use an https: address")
    }
    target.caFile = try settings.readableFile(group.caFile, fault: PEM.faultOfCertificate)
    target.certificateFile = try settings.readableFile(
      group.certificateFile, fault: PEM.faultOfCertificate)
    target.keyFile = try settings.readableFile(group.keyFile, fault: PEM.faultOfKey)
    if target.certificateFile != nil, target.keyFile == nil {
      _ = try settings.readableFile(group.certificateFile, fault: PEM.faultOfKey)
    } else if target.certificateFile == nil, target.keyFile != nil {
      throw settings.failure(
        group.keyFile, "it needs a certificate; set \(group.certificateFile.text)")
    }
    target.pinnedKey = try settings[group.pinnedKey]
    if let key = target.pinnedKey, !InfluxSettings.isHash(key) {
      do { _ = try readFile(key, limit: 4 << 20, .configuration) } catch is Failure {
        throw settings.failure(
          group.pinnedKey, "\"\(key)\" is neither sha256//… in base64 nor a file")
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
