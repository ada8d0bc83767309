import Glibc

/// The values of the settings: the options of the command line first, then the environment, then p1.conf.
///
/// An empty variable counts as not set and hides the line in p1.conf, so that a single run can differ from
/// the file.
public struct Settings {
  /// Where a value was set.
  public enum Origin: Sendable, CustomStringConvertible {
    case option(String)
    case environment
    case file(ConfigurationFile, line: Int)

    public var description: String {
      switch self {
      case .option(let name): name
      case .environment: "environment"
      case .file(let file, let line): file.place(ofLine: line)
      }
    }
  }

  private let options: [String: TypedOption]
  /// Whether a wrong value of the environment or of p1.conf counts as not set.
  public let ignoresWrongValues: Bool
  private let variable: @Sendable (String) -> String?
  let file: ConfigurationFile?

  /// - Parameters:
  ///   - options: what was typed, by the key of the setting.
  ///   - file: the contents of p1.conf; nil for no file.
  ///   - ignoresWrongValues: whether a wrong value of the environment or of p1.conf counts as not set.
  ///   - variable: the value of a variable of the environment, nil where it is not set.
  public init(
    options: [String: TypedOption] = [:], file: ConfigurationFile? = nil,
    ignoresWrongValues: Bool = false,
    environment variable: @escaping @Sendable (String) -> String? = processVariable
  ) {
    self.options = options
    self.file = file
    self.ignoresWrongValues = ignoresWrongValues
    self.variable = variable
  }

  // MARK: - What was set

  /// The text of a setting and where it was set; nil if it is not set.
  public func given(_ setting: any AnySetting) -> (text: String, origin: Origin)? {
    if let option = options[setting.key] { return (option.value, .option(option.name)) }
    guard let name = setting.name else { return nil }
    if let value = variable(name) { return value.isEmpty ? nil : (value, .environment) }
    guard let file, let entry = file.entries[name], let value = entry.value, !value.isEmpty else {
      return nil
    }
    return (value, .file(file, line: entry.line))
  }

  /// Whether a setting is set anywhere.
  public func isSet(_ setting: any AnySetting) -> Bool { given(setting) != nil }

  /// The values of the environment and p1.conf.
  public var withoutOptions: Settings { Settings(file: file, environment: variable) }

  /// Whether an option of the command line sets it.
  public func isOption(_ setting: any AnySetting) -> Bool { options[setting.key] != nil }

  // MARK: - Values

  /// The value of a setting.
  ///
  /// - Throws: ``Failure`` for a value that it cannot have.
  public subscript<Value>(_ setting: Setting<Value>) -> Value {
    get throws {
      guard let (text, _) = given(setting) else { return setting.defaultValue }
      do {
        return try parse(text, of: setting, setting.read)
      } catch  where ignoresWrongValues && !isOption(setting) {
        return setting.defaultValue
      }
    }
  }

  private func parse<Value>(
    _ text: String, of setting: any AnySetting, _ read: (String) throws(InvalidValue) -> Value
  ) throws -> Value {
    do throws(InvalidValue) {
      guard !text.isEmpty else { throw InvalidValue("it must not be empty") }
      // An option or a variable may have any bytes; those that are not UTF-8 have become this character.
      guard !text.contains("\u{FFFD}") else { throw InvalidValue("it is not text in UTF-8") }
      return try read(text)
    } catch {
      throw failure(setting, error.reason)
    }
  }

  /// The value of a setting that is one of the words of a type.
  ///
  /// - Throws: ``Failure`` for another word.
  public func value<Value>(_ setting: Setting<String>, of type: Value.Type) throws -> Value
  where Value: RawRepresentable<String> {
    let word = try self[setting]
    guard let value = Value(rawValue: word) else {
      throw failure(setting, "\"\(word)\" is unknown")
    }
    return value
  }

  /// The values of a setting with several, separated by commas; `\\,` is a comma in a value.
  public func list(_ setting: Setting<String?>) throws -> [String] {
    let pieces = try self[setting]?.split(separator: ",", omittingEmptySubsequences: false) ?? []
    let items: [String] = pieces.reduce(into: []) { list, piece in
      if let last = list.last, last.hasSuffix("\\") {
        list[list.count - 1] = "\(last.dropLast()),\(piece)"
      } else {
        list.append(String(piece))
      }
    }
    return items.filter { !$0.isEmpty }
  }

  /// The path of a readable file, or else that of the credential of systemd with the name of the setting. A library
  /// would report an unreadable file only when it needs the file.
  ///
  /// - Parameters:
  ///   - setting: names the file.
  ///   - fault: what is wrong with the contents; nil for nothing.
  /// - Returns: nil where there is neither.
  /// - Throws: ``Failure`` for a file that cannot be used.
  public func readableFile(
    _ setting: Setting<String?>, fault: ([UInt8]) -> String? = { _ in nil }
  ) throws -> String? {
    guard let path = try filePath(setting) else { return nil }
    let reason: String?
    do {
      reason = fault(try readFile(path, limit: 4 << 20, .configuration))
    } catch let failure as Failure {
      reason = failure.reason
    }
    if let reason { throw failure(setting, "\(path): \(reason)") }
    return path
  }

  /// The path of a file, or else that of the credential of systemd with the name of the setting; nil if there is
  /// neither.
  public func filePath(_ setting: Setting<String?>) throws -> String? {
    try self[setting] ?? Secret.credential(setting)
  }

  /// Rejects files that a running tool reads again and might have to wait for.
  ///
  /// - Throws: ``Failure``.
  public func rejectStreams(_ settings: [Setting<String?>]) throws {
    for setting in settings {
      if let path = try self[setting], isStream(path) {
        throw Failure(path, "a pipe cannot be read again", .configuration)
      }
    }
  }

  /// The failure of a tool for an invalid value, with the exit status for the command line or for the
  /// configuration.
  public func failure(_ setting: any AnySetting, _ reason: String) -> Failure {
    switch given(setting)?.origin {
    case .option(let name): Failure(name, reason, .usage)
    case .file(let file, let line): file.failure(line: line, "\(setting.name ?? ""): \(reason)")
    case .environment, nil: Failure(setting.name ?? setting.text, reason, .configuration)
    }
  }

  /// The settings as p1.conf has them now.
  ///
  /// - Throws: ``Failure`` for a file that cannot be read.
  public func readAgain() throws -> Settings {
    guard let file else { return self }
    guard !isStream(file.path) else {
      throw Failure(file.path, "a pipe cannot be read again", .configuration)
    }
    return Settings(options: options, file: try .find(file.path), environment: variable)
  }

  // MARK: - All of them

  /// Checks the names in p1.conf, and that no variable is a removed setting of the tool.
  ///
  /// - Throws: ``Failure`` for the first name that is misspelt or removed.
  func checkNames(of tool: String) throws {
    try file?.checkNames()
    for (name, reason) in SettingNames.removed(of: tool) where !(variable(name) ?? "").isEmpty {
      throw Failure(name, reason, .configuration)
    }
  }

  /// Checks the values of the settings of a tool.
  ///
  /// - Throws: ``Failure`` for the first one that cannot be used.
  func checkValues(_ groups: [any SettingGroup]) throws {
    for setting in groups.flatMap(\.settings) {
      guard let (text, _) = given(setting) else { continue }
      try parse(text, of: setting, setting.check)
    }
  }

  /// The settings that are set, in the form of p1.conf, each with where it was set: what `--check` prints.
  func listing(_ groups: [any SettingGroup]) -> String {
    groups.flatMap(\.settings).compactMap { setting in
      guard let name = setting.name, let (text, origin) = given(setting) else { return nil }
      if setting.isSecret { return "# \(name) is set  # \(origin)\n" }
      let escapes = [("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("\r", "\\r")]
      let value = escapes.reduce(text) { $0.replacing($1.0, with: $1.1) }
      return "\(name) = '\(value)'  # \(origin)\n"
    }.joined()
  }
}

/// The value of a variable in the environment of the process, nil if it is not set.
@Sendable public func processVariable(_ name: String) -> String? {
  guard let value = unsafe getenv(name) else { return nil }
  return unsafe String(cString: value)
}
