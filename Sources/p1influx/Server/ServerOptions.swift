import ArgumentParser
import CommandLine

/// The options about the server.
struct ServerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Its address: http://…, https://… or unix:/… (default: $INFLUXDB_URL).", valueName: "address")
  )
  var url: String?

  @Option(
    help: ArgumentHelp("Its name (default: $INFLUXDB_HOST or localhost).", valueName: "name"))
  var host: String?

  @Option(help: ArgumentHelp("Its port (default: $INFLUXDB_PORT or 8086).", valueName: "number"))
  var port: String?

  @Option(
    help: ArgumentHelp(
      "The API that it has: 1, 2 or 3, as versions of InfluxDB (default: $INFLUXDB_API, 2 with a "
        + "bucket or an organization, else 1).", valueName: "version"))
  var api: String?

  @Option(
    name: .customLong("db"),
    help: ArgumentHelp("The database (default: $INFLUXDB_DB or dsmr).", valueName: "name"))
  var database: String?

  @Option(
    help: ArgumentHelp(
      "The retention policy, of InfluxDB 1 (default: $INFLUXDB_RP or its own).", valueName: "name"))
  var retentionPolicy: String?

  @Option(
    help: ArgumentHelp(
      "The organization, of InfluxDB 2 (default: $INFLUXDB_ORG).", valueName: "name"))
  var org: String?

  @Option(
    help: ArgumentHelp(
      "The bucket, of InfluxDB 2 (default: $INFLUXDB_BUCKET).", valueName: "name"))
  var bucket: String?

  @Option(help: ArgumentHelp("The user (default: $INFLUXDB_USER).", valueName: "name"))
  var user: String?

  @Flag(
    name: .customLong("create-db"),
    help: "Make the database, if it is not there (default: $INFLUXDB_CREATE_DB or no).")
  var createDatabase = false

  @Option(
    help: ArgumentHelp(
      "Trust these authorities, not those of the system (default: $INFLUXDB_CA_FILE).",
      valueName: "file"))
  var caFile: String?

  @Option(
    help: ArgumentHelp(
      "The certificate to show to the server (default: $INFLUXDB_CERT_FILE).", valueName: "file"))
  var certFile: String?

  @Option(
    help: ArgumentHelp(
      "The key to that certificate (default: $INFLUXDB_KEY_FILE).", valueName: "file"))
  var keyFile: String?

  @Option(
    help: ArgumentHelp(
      "The public key that the server has to have (default: $INFLUXDB_PINNED_KEY).",
      valueName: "hash"))
  var pinnedKey: String?

  func validate() throws {
    guard url == nil || host == nil && port == nil else {
      throw ValidationError("--url says all that --host and --port do: give one or the other")
    }
    guard bucket == nil || database == nil else {
      throw ValidationError(
        "--bucket is to InfluxDB 2 what --db is to others: give one or the other")
    }
  }

  func option(for setting: SettingName) -> Environment.Option? {
    switch setting {
    case .influxURL: .init("--url", url)
    case .influxHost: .init("--host", host)
    case .influxPort: .init("--port", port)
    case .influxAPI: .init("--api", api)
    case .influxDatabase: .init("--db", database)
    case .influxCreateDatabase: createDatabase ? .init("--create-db", "True") : nil
    case .influxRetentionPolicy: .init("--retention-policy", retentionPolicy)
    case .influxOrganization: .init("--org", org)
    case .influxBucket: .init("--bucket", bucket)
    case .influxUser: .init("--user", user)
    case .influxCAFile: .init("--ca-file", caFile)
    case .influxCertificateFile: .init("--cert-file", certFile)
    case .influxKeyFile: .init("--key-file", keyFile)
    case .influxPinnedKey: .init("--pinned-key", pinnedKey)
    default: nil
    }
  }
}
