/// A setting of the tools, declared once. Its option, its variable in the environment, its line in p1.conf,
/// its line in `--help`, its paragraph in the manual and its row in the README's table are made from the
/// declaration, in the order of the declarations in a ``SettingGroup``.
public protocol AnySetting: Sendable {
  /// The name in the environment and in p1.conf, `MQTT_QOS`; nil for an option of a single run.
  var name: String? { get }
  /// The long option without its dashes, `qos`; nil for a setting without an option, such as a password.
  var option: String? { get }
  /// The one-letter option, `n`; nil if there is none.
  var letter: Character? { get }
  /// The name of the value in `--help`, such as `level`; nil for a flag, which takes no value.
  var placeholder: String? { get }
  /// The value of an option without one, such as `--homeassistant`; nil if the option needs a value.
  var bareValue: String? { get }
  /// The values that a shell completes.
  var completion: ValueCompletion { get }
  /// Whether a value may begin with a dash.
  var takesDash: Bool { get }
  /// Whether the option may be given more than once; its values are then joined by commas.
  var isRepeatable: Bool { get }
  /// Whether a flag has a `--no-` form, too, which turns off a flag of the file or the environment.
  var isInvertible: Bool { get }
  /// Whether the value is a password, a token or a key, which no message shows.
  var isSecret: Bool { get }
  /// The default in `--help` and in the manual; nil if there is none.
  var defaultText: String? { get }
  /// The line in `--help`: an imperative and a full stop, without the default.
  var summary: String { get }
  /// The paragraph in the manual, in mdoc, without the summary and the default: values and their unit, and
  /// when to use the setting. Empty if the summary is sufficient.
  var manual: String { get }
  /// Checks a value.
  ///
  /// - Throws: ``InvalidValue``.
  func check(_ text: String) throws(InvalidValue)
}

extension AnySetting {
  /// Whether the option is a flag, which takes no value.
  public var isFlag: Bool { placeholder == nil }
  /// The unique key of the setting.
  public var key: String { option ?? letter.map(String.init) ?? name ?? "" }
  /// The option as it is typed: `--qos`, or `-n`.
  public var optionText: String? {
    option.map { "--\($0)" } ?? letter.map { "-\($0)" }
  }
  /// How a message tells the user to set it: `--qos or MQTT_QOS`.
  public var text: String {
    [optionText, name].compactMap(\.self).joined(separator: " or ")
  }
}

/// A setting whose value is of a type.
public struct Setting<Value: Sendable>: AnySetting {
  public let name: String?
  public let option: String?
  public let letter: Character?
  public let isRepeatable: Bool
  public let isInvertible: Bool
  public let isSecret: Bool
  public let defaultText: String?
  public let summary: String
  public let manual: String
  public let placeholder: String?
  public let bareValue: String?
  public let completion: ValueCompletion
  public let takesDash: Bool
  let defaultValue: Value
  let read: @Sendable (String) throws(InvalidValue) -> Value

  /// A setting that has a value even if it is not set.
  ///
  /// - Parameters:
  ///   - form: what values it takes.
  ///   - defaultValue: its value if it is not set.
  ///   - defaultText: the default in `--help` and in the manual; nil for the text of `defaultValue`.
  public init(
    _ name: String?, option: String? = nil, letter: Character? = nil, _ form: ValueForm<Value>,
    default defaultValue: Value, as defaultText: String? = nil, isInvertible: Bool = false,
    help summary: String, manual: String = ""
  ) {
    self.name = name
    self.option = option
    self.letter = letter
    self.isInvertible = isInvertible
    self.summary = summary
    self.manual = manual
    self.defaultValue = defaultValue
    let text = defaultText ?? form.text(defaultValue)
    self.defaultText = text.isEmpty ? nil : text
    isRepeatable = false
    isSecret = false
    bareValue = nil
    placeholder = form.placeholder
    completion = form.completion
    takesDash = form.takesDash
    read = form.read
  }

  /// A setting without a value if it is not set.
  ///
  /// - Parameters:
  ///   - form: what values it takes.
  ///   - bareValue: its value if the option has none; nil if the option needs a value.
  ///   - defaultText: the default in `--help` and in the manual; nil for none.
  public init<Wrapped>(
    _ name: String?, option: String? = nil, letter: Character? = nil, _ form: ValueForm<Wrapped>,
    whenBare bareValue: String? = nil, ifUnset defaultText: String? = nil,
    isRepeatable: Bool = false, isInvertible: Bool = false,
    isSecret: Bool = false, help summary: String, manual: String = ""
  ) where Value == Wrapped? {
    self.name = name
    self.option = option
    self.letter = letter
    self.isRepeatable = isRepeatable
    self.isInvertible = isInvertible
    self.isSecret = isSecret
    self.bareValue = bareValue
    self.summary = summary
    self.manual = manual
    self.defaultText = defaultText
    defaultValue = nil
    placeholder = form.placeholder
    completion = form.completion
    takesDash = form.takesDash
    read = { text throws(InvalidValue) in try form.read(text) }
  }

  public func check(_ text: String) throws(InvalidValue) { _ = try read(text) }
}

/// Why a value is invalid: the rest of `MQTT_PORT: "0" …`.
public struct InvalidValue: Error {
  public let reason: String

  public init(_ reason: String) { self.reason = reason }
}
