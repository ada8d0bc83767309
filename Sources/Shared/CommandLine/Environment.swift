import Glibc

/// The settings of a tool: the options of its command line first, then the environment. An empty one
/// is not set.
public struct Environment {
  /// An option as it was typed: `--qos 1`.
  public struct Option {
    public let name: String
    public let value: String

    /// Nil for an option that was not given.
    public init?(_ name: String, _ value: String?) {
      guard let value else { return nil }
      self.name = name
      self.value = value
    }
  }

  private let variable: (String) -> String?
  private let option: (SettingName) -> Option?

  /// The environment of the process.
  public init() {
    self.init(processVariable)
  }

  /// - Parameters:
  ///   - option: the option that stands for a setting, nil where there is none.
  ///   - variable: the value of a variable, nil where it is not set.
  public init(
    option: @escaping (SettingName) -> Option? = { _ in nil },
    _ variable: @escaping (String) -> String?
  ) {
    self.option = option
    self.variable = variable
  }

  /// Puts the options of a command line over the environment.
  ///
  /// - Parameter option: the option that stands for a setting, nil where it was not given.
  /// - Returns: the environment as the options change it.
  public func overridden(by option: @escaping (SettingName) -> Option?) -> Environment {
    Environment(option: option, variable)
  }

  /// Whether an option was given for a setting.
  public func isOption(_ setting: SettingName) -> Bool { option(setting) != nil }

  /// The value of a setting, nil where it is not set.
  public func string(_ setting: SettingName) -> String? {
    if let option = option(setting) { return option.value }
    guard let value = variable(setting.rawValue), !value.isEmpty else { return nil }
    return value
  }

  /// Whether something is wanted: `True` and `False`, `1` and `0`, `yes` and `no`, `on` and `off`.
  ///
  /// - Throws: ``Failure`` for any other word.
  public func flag(_ setting: SettingName) throws -> Bool? {
    guard let value = string(setting) else { return nil }
    switch value.lowercased() {
    case "true", "1", "yes", "on": return true
    case "false", "0", "no", "off", "none": return false
    default: throw refused(setting, "\"\(value)\" is neither True nor False")
    }
  }

  /// A whole number within a range.
  ///
  /// - Throws: ``Failure`` for anything else.
  public func number(_ setting: SettingName, in range: ClosedRange<Int>) throws -> Int? {
    guard let value = string(setting) else { return nil }
    guard let number = Int(value), range.contains(number) else {
      throw refused(
        setting,
        "\"\(value)\" is no whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A time in seconds, with decimals or without, within a range.
  ///
  /// - Throws: ``Failure`` for anything else.
  public func seconds(_ setting: SettingName, in range: ClosedRange<Int>) throws -> Duration? {
    guard let value = string(setting) else { return nil }
    let bounds = Double(range.lowerBound)...Double(range.upperBound)
    guard let seconds = Double(value), bounds.contains(seconds) else {
      throw refused(
        setting, "\"\(value)\" is no number from \(range.lowerBound) to \(range.upperBound)")
    }
    return .seconds(seconds)
  }

  /// The path of a file that can be read: a library would say that it cannot only once it needs it.
  ///
  /// - Parameters:
  ///   - setting: which.
  ///   - fault: what is wrong with what the file holds; nil for nothing.
  /// - Returns: nil where the setting is not set.
  /// - Throws: ``Failure`` for one that cannot be used.
  public func file(
    _ setting: SettingName, refusing fault: ([UInt8]) -> String? = { _ in nil }
  ) throws -> String? {
    guard let path = string(setting) else { return nil }
    let reason: String?
    do {
      reason = fault(try readFile(path, limit: 4 << 20, .configuration))
    } catch let failure as Failure {
      reason = failure.reason
    }
    if let reason { throw refused(setting, "\(path): \(reason)") }
    return path
  }

  /// Refuses files that are to be read again and may have to be waited for.
  ///
  /// - Parameter settings: those that name the files.
  /// - Throws: ``Failure``.
  public func refuseStreams(_ settings: [SettingName]) throws {
    if let path = settings.compactMap(string).first(where: isStream) {
      throw Failure(path, "a pipe is not read again", .configuration)
    }
  }

  /// A text that goes to a server: not empty, not endless, and nothing in it that drives a terminal or
  /// that MQTT forbids (MQTT 5, 1.5.4).
  ///
  /// - Parameters:
  ///   - setting: which.
  ///   - limit: the most bytes that it may have.
  /// - Returns: nil where it is not set.
  /// - Throws: ``Failure`` for anything else.
  public func text(_ setting: SettingName, limit: Int = 1000) throws -> String? {
    guard let text = string(setting) else { return nil }
    let isPlain = text.unicodeScalars.allSatisfy {
      $0.properties.generalCategory != .control && !$0.properties.isNoncharacterCodePoint
    }
    guard !text.isEmpty else { throw refused(setting, "it is empty") }
    guard isPlain else { throw refused(setting, "it has a control character in it") }
    guard text.utf8.count <= limit else { throw refused(setting, "it has over \(limit) bytes") }
    return text
  }

  /// A setting that has one of a few values.
  ///
  /// - Parameters:
  ///   - setting: which.
  ///   - meaning: what each spelling, in lower case, stands for.
  /// - Returns: what the value stands for, nil where the setting is not set.
  /// - Throws: ``Failure`` for another spelling, which names those there are.
  public func choice<Value>(
    _ setting: SettingName, _ meaning: KeyValuePairs<String, Value>
  ) throws -> Value? {
    guard let value = string(setting) else { return nil }
    let lowercased = value.lowercased()
    for (spelling, meant) in meaning where spelling == lowercased { return meant }
    let spellings = meaning.map(\.key).joined(separator: ", ")
    throw refused(setting, "\"\(value)\" is none of \(spellings)")
  }

  /// A setting that has one of the values of a type.
  ///
  /// - Throws: ``Failure`` for another spelling, which names those there are.
  public func value<Value>(_ setting: SettingName, of type: Value.Type) throws -> Value?
  where Value: CaseIterable & RawRepresentable<String> {
    guard let text = string(setting) else { return nil }
    if let value = Value(rawValue: text.lowercased()) { return value }
    let spellings = Value.allCases.map(\.rawValue).joined(separator: ", ")
    throw refused(setting, "\"\(text)\" is none of \(spellings)")
  }

  /// What is said of a value that cannot be: an option is the command line's fault, a variable that
  /// of the configuration.
  ///
  /// - Parameters:
  ///   - setting: the setting that has the value.
  ///   - reason: what is wrong with it.
  /// - Returns: the failure, which ends the tool.
  public func refused(_ setting: SettingName, _ reason: String) -> Failure {
    option(setting).map { Failure($0.name, reason, .usage) }
      ?? Failure(setting.rawValue, reason, .configuration)
  }
}

/// The value of a variable in the environment of the process, nil where it is not set.
@Sendable public func processVariable(_ name: String) -> String? {
  guard let value = unsafe getenv(name) else { return nil }
  return unsafe String(cString: value)
}
