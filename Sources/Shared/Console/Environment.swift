import Glibc

/// The settings in the environment, read as what they are meant to be. An empty one is not set.
public struct Environment {
  private let variable: (String) -> String?

  /// The environment of the process.
  public init() {
    self.init { name in
      guard let value = unsafe getenv(name) else { return nil }
      return unsafe String(cString: value)
    }
  }

  /// - Parameter variable: gives the value of a variable, nil where it is not set.
  public init(_ variable: @escaping (String) -> String?) {
    self.variable = variable
  }

  /// Puts the options of a command line above the environment.
  ///
  /// - Parameter option: the value of the option that stands for a setting, nil where there is none.
  /// - Returns: the settings of both, in which an option comes first.
  public func overridden(by option: @escaping (Setting) -> String?) -> Environment {
    Environment { name in Setting(rawValue: name).flatMap(option) ?? variable(name) }
  }

  /// The value of a setting, nil where it is not set.
  public func string(_ setting: Setting) -> String? {
    guard let value = variable(setting.rawValue), !value.isEmpty else { return nil }
    return value
  }

  /// Whether something is wanted: `True` and `False`, `1` and `0`, `yes` and `no`, `on` and `off`.
  ///
  /// - Throws: ``Failure`` for any other word.
  public func flag(_ setting: Setting) throws -> Bool? {
    guard let value = string(setting) else { return nil }
    switch value.lowercased() {
    case "true", "1", "yes", "on": return true
    case "false", "0", "no", "off", "none": return false
    default: throw refused(setting, value, "neither True nor False")
    }
  }

  /// A whole number within a range.
  ///
  /// - Throws: ``Failure`` for anything else.
  public func number(_ setting: Setting, in range: ClosedRange<Int>) throws -> Int? {
    guard let value = string(setting) else { return nil }
    guard let number = Int(value), range.contains(number) else {
      throw refused(
        setting, value, "no whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A setting that has one of a few values.
  ///
  /// - Parameters:
  ///   - setting: which.
  ///   - meaning: what each spelling, in lower case, stands for.
  /// - Returns: nil where it is not set.
  /// - Throws: ``Failure`` for another spelling, which names those there are.
  public func choice<Value>(
    _ setting: Setting, _ meaning: KeyValuePairs<String, Value>
  ) throws -> Value? {
    guard let value = string(setting) else { return nil }
    let lowercased = value.lowercased()
    for (spelling, meant) in meaning where spelling == lowercased { return meant }
    let spellings = meaning.map(\.key).joined(separator: ", ")
    throw refused(setting, value, "none of \(spellings)")
  }

  private func refused(_ setting: Setting, _ value: String, _ reason: String) -> Failure {
    Failure(setting.rawValue, "\"\(value)\" is \(reason)", .configuration)
  }
}
