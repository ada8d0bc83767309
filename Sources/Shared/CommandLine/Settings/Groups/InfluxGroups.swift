/// The server of p1influx, the database there, and the login.
public struct DatabaseServerGroup: SettingGroup {
  public static let title = "Server"

  public let host = Setting(
    "INFLUXDB_HOST", option: "host", .anything("name"), default: "localhost",
    help: "Write to the server with this name or address.")
  public let port = Setting(
    "INFLUXDB_PORT", option: "port", .number(1...65_535, "number"), default: 8086,
    help: "Connect to this port of the server.",
    manual: "VictoriaMetrics listens on 8428, InfluxDB 3 on 8181.")
  public let database = Setting(
    "INFLUXDB_DB", option: "db", .text("name"), default: "dsmr",
    help: "Write to this database.",
    manual: """
      If the database does not exist, use
      .Fl -create-db .
      """)
  public let createDatabase = Setting(
    "INFLUXDB_CREATE_DB", option: "create-db", .flag, default: false, isInvertible: true,
    help: "Create the database if it does not exist.",
    manual: "It cannot create a bucket of InfluxDB 2.")
  public let user = Setting(
    "INFLUXDB_USER", option: "user", .text("name"),
    help: "Log in as this user; the password is in INFLUXDB_PASS.")
  public let password = Setting(
    "INFLUXDB_PASS", .anything("password"), isSecret: true,
    help: "Log in with this password.",
    manual: """
      A password needs a user.
      There is no option for a password, because
      .Xr ps 1
      would show it.
      """)
  public let passwordFile = Setting(
    "INFLUXDB_PASS_FILE", .file,
    help: "Read the password from the first line of this file.",
    manual: """
      Only its owner and group may have access to the file: use
      .Ql chmod 600 FILE .
      The file takes precedence over
      .Ev INFLUXDB_PASS .
      If neither is set,
      .Nm
      reads the
      .Xr systemd 1
      credential
      .Pa INFLUXDB_PASS .
      """)
  public let url = Setting(
    "INFLUXDB_URL", option: "url", .anything("address"),
    help: "Write to the server at this address.",
    manual: """
      Use an address instead of
      .Fl -host
      and
      .Fl -port
      for TLS, for a path or for a Unix socket:
      .Ql https://influx.lan:8086 ,
      .Ql http://victoria.lan:8480/insert/0/influx ,
      .Ql unix:/run/influxdb/influxdb.sock .
      Without a port in the address, the port is 80, or 443 with https.
      The path of an API at the end of the address, such as
      .Pa /api/v2/write ,
      selects this API.
      .Ev INFLUXDB_URL
      takes precedence over
      .Ev INFLUXDB_HOST
      and
      .Ev INFLUXDB_PORT ,
      but not over the options
      .Fl -host
      and
      .Fl -port .
      """)
  public let organization = Setting(
    "INFLUXDB_ORG", option: "org", .text("name"),
    help: "Use this organization of InfluxDB 2, which has the bucket.",
    manual: "The value is a name or an id.")
  public let bucket = Setting(
    "INFLUXDB_BUCKET", option: "bucket", .text("name"),
    help: "Write to this bucket of InfluxDB 2, instead of a database.")
  public let token = Setting(
    "INFLUXDB_TOKEN", .anything("token"), isSecret: true,
    help: "Log in with this token, instead of a user and a password.")
  public let tokenFile = Setting(
    "INFLUXDB_TOKEN_FILE", .file,
    help: "Read the token from the first line of this file.",
    manual: """
      The same rules apply as for
      .Ev INFLUXDB_PASS_FILE ;
      the credential is
      .Pa INFLUXDB_TOKEN .
      """)
  public let api: Setting<String?> = Setting(
    "INFLUXDB_API", option: "api", .choice(["1", "2", "3"], "version"),
    ifUnset: "2 with a bucket or an organization, else 1",
    help: "Use the API of this version of InfluxDB: 1, 2 or 3.",
    manual: """
      The paths are
      .Pa /write ,
      .Pa /api/v2/write
      and
      .Pa /api/v3/write_lp .
      VictoriaMetrics and many other databases have the API of version 1.
      """)
  public let retentionPolicy: Setting<String?> = Setting(
    "INFLUXDB_RP", option: "retention-policy", .text("name"),
    ifUnset: "the default policy of the database",
    help: "Write to this retention policy of InfluxDB 1.")
  public let caFile: Setting<String?> = Setting(
    "INFLUXDB_CA_FILE", option: "ca-file", .file, ifUnset: "the authorities of the system",
    help: "Trust only the certificate authorities in this file (PEM).",
    manual: "For a self-signed certificate, the file contains this certificate.")
  public let certificateFile = Setting(
    "INFLUXDB_CERT_FILE", option: "cert-file", .file,
    help: "Log in with the client certificate in this file (PEM).")
  public let keyFile: Setting<String?> = Setting(
    "INFLUXDB_KEY_FILE", option: "key-file", .file, ifUnset: "the file of the certificate",
    help: "Read the key of the client certificate from this file (PEM).",
    manual: "The key must not be encrypted.")
  public let pinnedKey = Setting(
    "INFLUXDB_PINNED_KEY", option: "pinned-key", .anything("hash", completion: .file),
    help: "Write only to a server with this public key.",
    manual: """
      The value is
      .Ql sha256//
      and the SHA-256 hash of the key in base64, or a file with the key.
      Separate several hashes by semicolons.
      The certificate of the server must be trusted, too.
      """)

  public let enabled = Setting(
    "INFLUXDB_ENABLED", .flag, default: true,
    help: "Write to the database.",
    manual: """
      With
      .Cm False ,
      .Nm
      reads its input to the end, writes nothing and exits with status 0.
      """)

  public init() {}
}

/// What the points of p1influx look like.
public struct PointGroup: SettingGroup {
  public static let title = "Points"

  public let dryRun = Setting(
    nil, option: "dry-run", .flag, default: false,
    help: "Print the points on standard output and contact no server.",
    manual: """
      The settings of the server and of the spool, and
      .Ev INFLUXDB_ENABLED ,
      have no effect.
      """)
  public let layout = Setting(
    "INFLUXDB_LAYOUT", option: "layout", .choice(["wide", "metric"], "layout"), default: "wide",
    help: "Write one point per record (wide) or per metric (metric).",
    manual: """
      .Sx POINTS
      has examples of both.
      """)
  public let measurement = Setting(
    "INFLUXDB_MEASUREMENT", option: "measurement", .anything("name"), default: "dsmr",
    help: "Use this measurement with --layout wide.")
  public let tags = Setting(
    "INFLUXDB_TAGS", option: "tag", .anything("key=value"), isRepeatable: true,
    help: "Add this tag to each point.",
    manual: """
      Repeat the option for several tags.
      In
      .Ev INFLUXDB_TAGS ,
      separate them by commas; write a comma in a tag as
      .Ql \\e, .
      """)
  public let precision = Setting(
    "INFLUXDB_PRECISION", option: "precision", .choice(["ns", "us", "ms", "s"], "unit"),
    default: "ns",
    help: "Send times in this unit: ns, us, ms or s.",
    manual: "A coarser unit makes the requests smaller.")

  public init() {}
}

/// How p1influx sends batches of records.
public struct BatchGroup: SettingGroup {
  public static let title = "Batches"

  public let settle = Setting(
    "INFLUXDB_SETTLE", option: "settle", .wholeSeconds(0...3600), default: .zero,
    help: "Keep acknowledged records for this time, and resend them if the connection is lost.",
    manual: """
      The time is 0 to 3600 seconds.
      Use 15 for VictoriaMetrics, which acknowledges records before they are on its disk: see
      .Sx SERVERS .
      The records stay in the buffer or in the spool.
      """)
  public let timeout = Setting(
    "INFLUXDB_TIMEOUT", option: "timeout", .wholeSeconds(1...3600), default: .seconds(20),
    help: "Retry if the server sends nothing for this time.",
    manual: "The time is 1 to 3600 seconds.")
  public let gzip = Setting(
    "INFLUXDB_GZIP", option: "gzip", .flag, ifUnset: "True if the server is on another machine",
    isInvertible: true,
    help: "Compress requests.")
  public let age = Setting(
    "INFLUXDB_BATCH_AGE", option: "batch-age", .seconds(0...3600), default: .milliseconds(500),
    help: "Send an incomplete batch after this time.",
    manual: """
      The time is 0 to 3600 seconds.
      If no record has come for this time, the next one is sent at once.
      """)
  public let count = Setting(
    "INFLUXDB_BATCH_COUNT", option: "batch-count", .number(1...100_000, "count"), default: 5000,
    help: "Send at most this many records in a request.",
    manual: "The count is 1 to 100000.")
  public let size = Setting(
    "INFLUXDB_BATCH_SIZE", option: "batch-size", .number(1...65_536, "KiB"), default: 4096,
    help: "Send at most this amount of records in a request.",
    manual: "The size is 1 to 65536 KiB.")
  public let parallel = Setting(
    "INFLUXDB_PARALLEL", option: "parallel", .number(1...64, "count"), default: 1,
    help: "Send this many requests in parallel, for different meters.",
    manual: """
      The count is 1 to 64.
      It speeds up a backfill of many meters.
      The records of one meter stay in order.
      """)

  public init() {}
}
