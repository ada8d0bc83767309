/// A sink whose settings have names of their own: `MQTT_SPOOL`, `INFLUXDB_SPOOL`.
public protocol SinkName: Sendable {
  static var tool: String { get }
  /// The beginning of the names of its settings, with the underscore.
  static var prefix: String { get }
  /// The directory of its spool within `--state`.
  static var directory: String { get }
}

public enum MQTTSink: SinkName {
  public static let tool = "p1mqtt"
  public static let prefix = "MQTT_"
  public static let directory = "mqtt"
}

public enum InfluxSink: SinkName {
  public static let tool = "p1influx"
  public static let prefix = "INFLUXDB_"
  public static let directory = "influx"
}

/// How long a sink waits for its server after SIGTERM, if `--linger` is longer.
public enum ExitTimeout {
  /// For records that are kept in the spool for the next run; also for a server that cannot be reached.
  public static let records = Duration.seconds(5)
  /// For values without a time.
  public static let values = Duration.seconds(2)
}

/// What a sink does with its input before it goes to the buffer.
public struct InputGroup<Sink: SinkName>: SettingGroup {
  public static var title: String { "Input" }

  public let every = PeriodSettings.every(
    Sink.prefix + "EVERY", ifUnset: "the value of P1_EVERY, else 0 seconds")
  public let extremes = PeriodSettings.extremes(
    Sink.prefix + "EXTREMES", ifUnset: "the value of P1_EXTREMES")
  public let requireTimestamp = Setting(
    nil, option: "require-timestamp", .flag, default: false,
    help: "Reject records without a timestamp.",
    manual: """
      Without this option, such a record gets the time at which
      .Nm
      reads it.
      """)

  public init() {}
}

/// The spool and the buffer, which hold undelivered records.
public struct BufferingGroup<Sink: SinkName>: SettingGroup {
  public static var title: String { "Buffering" }

  public let spool: Setting<String?> = Setting(
    Sink.prefix + "SPOOL", option: "spool", .directory,
    ifUnset: "a directory below --state, else none",
    help: "Keep undelivered records in this directory.",
    manual: """
      .Nm
      creates the directory if it does not exist.
      Only one process can use it at a time.
      Without a spool, undelivered records are in memory, and are lost when
      .Nm
      exits.
      """)
  public let spoolSize = Setting(
    Sink.prefix + "SPOOL_SIZE", option: "spool-size", .number(1...1_048_576, "MiB"), default: 64,
    help: "Limit the spool to this size; if it is full, drop the oldest records.",
    manual: """
      The size is 1 to 1048576 MiB.
      64 MiB hold the records of one day with a telegram every second: for a week, use 448.
      With a telegram every ten seconds, 64 MiB hold ten days.
      Dropped records are logged.
      """)
  public let buffer = Setting(
    Sink.prefix + "BUFFER", option: "buffer", .number(1...4096, "MiB"), default: 16,
    help: "Limit the buffer in memory to this size; if it is full, drop the oldest records.",
    manual: """
      The size is 1 to 4096 MiB.
      16 MiB hold the records of about five hours with a telegram every second.
      The buffer is used without a spool, and while the disk of the spool cannot be written.
      """)
  public let sync = Setting(
    Sink.prefix + "SYNC", option: "sync", .seconds(0...3600), default: .seconds(5),
    help: "Fsync spooled records after this time at the latest.",
    manual: """
      The time is 0 to 3600 seconds.
      A power failure loses at most the records of this time.
      With 0, it loses no record that was read, but a memory card wears out sooner.
      """)
  public let linger = Setting(
    Sink.prefix + "LINGER", option: "linger", .wholeSeconds(0...86_400), default: .seconds(30),
    help: "At the end of the input, exit if the server does not answer within this time.",
    manual: """
      The time is 0 to 86400 seconds; each answer of the server starts it again.
      With a spool, it is at most \(ExitTimeout.records.inSeconds) seconds if the server cannot be reached.
      After a signal,
      .Nm
      with a spool exits after at most \(ExitTimeout.records.inSeconds) seconds.
      """)
  public let hold = Setting(
    Sink.prefix + "HOLD", option: "hold", .flag, default: false, isInvertible: true,
    help: "If the buffer is full, pause the input instead of dropping the oldest records.",
    manual: """
      Use it to replay captures, but not behind a meter or
      .Xr tee 1 ,
      which cannot wait.
      If standard input is a file,
      .Nm
      pauses reading without this option, too.
      """)
  public let spoolOnly = Setting(
    nil, option: "spool-only", .flag, default: false,
    help: "Keep all records in the spool and deliver none.",
    manual: """
      The next run without this option delivers them.
      The settings of the server are not read, so they may be wrong.
      .Xr p1run 1
      uses this option until it restarts a sink that failed.
      """)

  public init() {}
}

/// Settings that apply to both sinks.
public struct BothSinksGroup: SettingGroup {
  public static let title = "Both sinks"

  public let state = Setting(
    "P1_STATE", option: "state", .directory,
    help: "Keep the spool below this directory, unless --spool is set.",
    manual: """
      The spool is the directory
      .Pa mqtt
      or
      .Pa influx
      in it.
      Records found there are delivered first, even if
      .Fl -spool
      names another directory.
      If the directory cannot be created,
      .Nm
      logs a warning and keeps undelivered records in memory.
      """)
  public let every = Setting(
    "P1_EVERY", .number(0...86_400, "seconds"),
    help: "Set --every for p1mqtt and p1influx, in seconds.",
    manual: "The setting of the sink itself takes precedence.")
  public let extremes = Setting(
    "P1_EXTREMES", .flag,
    help: "Set --extremes for p1mqtt and p1influx.",
    manual: "A sink without a period ignores this setting.")

  public init() {}
}

/// How a tool reports its counters.
public struct MonitoringGroup: SettingGroup {
  public static let title = "Monitoring"

  public let connect = Setting(
    nil, option: "connect", .flag, default: false,
    help: "With --check, also try the connection.",
    manual: """
      .Nm p1cat
      waits for a telegram, and prints its first line.
      .Nm p1mqtt
      logs in to the broker, with a client id of its own.
      .Nm p1influx
      sends a request without points.
      The tool prints the result, or exits with the status of the error.
      .Ql p1run --check
      tries the whole pipe.
      """)
  public let stats = Setting(
    "P1_STATS", option: "stats", .wholeSeconds(1...86_400),
    help: "Log the counters at this interval.",
    manual: """
      The interval is 1 to 86400 seconds.
      .Sx SIGNALS
      lists the counters.
      """)
  /// How long to wait for a server with ``connect``, whatever its timeout: a person waits.
  public static let longestCheck = Duration.seconds(10)

  public init() {}
}

/// Metrics of a tool itself, for Prometheus.
public struct MetricsGroup: SettingGroup {
  public static let title = "Metrics for Prometheus"

  public let file: Setting<String?> = Setting(
    "P1_METRICS_FILE", option: "metrics-file", .file,
    help: "Write the counters to this file every five seconds and at the end, for Prometheus.",
    manual: """
      node_exporter reads files
      .Pa *.prom
      in the directory of its option
      .Fl -collector.textfile.directory .
      .Ql {tool}
      in the name becomes the name of the tool.
      In the environment and in
      .Xr p1.conf 5 ,
      the name must contain
      .Ql {tool} ,
      because each tool needs its own file.
      The rest of the name becomes the label
      .Ql pipe :
      see
      .Xr p1fleet 7 .
      .Cm False
      in the environment turns off the file of
      .Xr p1.conf 5 .
      All users can read the file.
      If the file cannot be written, or another process writes it,
      .Nm
      logs this once and continues.
      """)

  public init() {}
}

/// What p1parse adds to its metrics.
public struct ReadingsGroup: SettingGroup {
  public static let title = "Readings for Prometheus"

  public let readings = Setting(
    "P1_METRICS_READINGS", option: "metrics-readings", .flag, default: false, isInvertible: true,
    help: "With --metrics-file, also write the last readings of each meter to the file.",
    manual: """
      Each reading is
      .Ql p1_
      and the name of its metric, such as
      .Ql p1_power_import_kw .
      The labels are
      .Ql meter
      and, for a sub-meter,
      .Ql channel .
      Texts are left out.
      The file holds at most 10000 readings.
      """)

  public init() {}
}
