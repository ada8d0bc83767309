import ArgumentParser
import Synchronization

/// Some settings of a tool under one title in `--help` and in the manual: a type whose stored properties are
/// each a ``Setting``, in the order in which they are listed.
public protocol SettingGroup: Sendable {
  /// The title in `--help` and in the manual.
  static var title: String { get }

  init()
}

extension SettingGroup {
  /// The settings, in order.
  public var settings: [any AnySetting] { Self.settings }

  fileprivate static var settings: [any AnySetting] {
    reflected.withLock { groups in
      let group = ObjectIdentifier(Self.self)
      if let settings = groups[group] { return settings }
      let settings = Mirror(reflecting: Self()).children.compactMap { $0.value as? any AnySetting }
      groups[group] = settings
      return settings
    }
  }
}

/// The settings of the groups that were asked for. Reflection is a tenth of a start.
private let reflected = Mutex<[ObjectIdentifier: [any AnySetting]]>([:])

/// The options of a group, for swift-argument-parser.
///
/// swift-argument-parser finds the options of a type by reflection, and decodes their values by the names of
/// the properties. This type has no property for an option: its mirror and its decoding are made of the group.
public struct GroupOptions<Group: SettingGroup>: ParsableArguments, CustomReflectable {
  /// What was typed, by the key of the setting.
  public private(set) var typed: [String: TypedOption] = [:]

  /// What is wrong with the combination of options.
  private var conflict: String?

  public init() {}

  public func validate() throws {
    if let conflict { throw ValidationError(conflict) }
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private static var options: [any AnySetting] {
    Group.settings.filter { $0.optionText != nil }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    for setting in Self.options {
      let key = Key(stringValue: setting.key)
      typed[setting.key] = try setting.typed { type in try container.decode(type, forKey: key) }
      guard let inverse = setting.inverse,
        try container.decode(Flag<Bool>.self, forKey: Key(stringValue: inverse)).wrappedValue
      else {
        continue
      }
      if let option = typed[setting.key] {
        conflict = "\(option.name) and --\(inverse) exclude each other"
      }
      typed[setting.key] = TypedOption(name: "--\(inverse)", value: "False")
    }
  }

  public var customMirror: Mirror {
    Mirror(
      self,
      children: Self.options.flatMap { setting in
        let inverse = setting.inverse.map { (label: Optional($0), value: setting.inverseArgument) }
        return [(label: Optional(setting.key), value: setting.argument)]
          + [inverse].compactMap(\.self)
      },
      displayStyle: .struct)
  }
}

/// An option as it was typed: `--qos` and `1`.
public struct TypedOption: Sendable {
  public let name: String
  public let value: String
}

extension AnySetting {
  private var names: NameSpecification {
    NameSpecification(
      [letter.map { .customShort($0) }, option.map { .customLong($0) }].compactMap(\.self))
  }

  private var help: ArgumentHelp {
    let defaults = [name.map { "$\($0)" }, defaultText].compactMap(\.self)
    let rest = defaults.isEmpty ? "" : " (default: \(defaults.joined(separator: ", else ")))"
    return ArgumentHelp(stringLiteral: summary + rest).naming(placeholder)
  }

  private var completionKind: CompletionKind? {
    switch completion {
    case .nothing: nil
    case .file: .file()
    case .directory: .directory
    case .words(let words): .list(words)
    }
  }

  /// The option as swift-argument-parser declares it.
  fileprivate var argument: Any {
    if isFlag {
      return isInvertible
        ? Flag<Bool?>(name: names, inversion: .prefixedNo, help: help)
        : Flag<Bool>(wrappedValue: false, name: names, help: help)
    }
    if let bareValue {
      return Option<String?>(
        name: names, defaultAsFlag: bareValue, parsing: .next, help: help,
        completion: completionKind)
    }
    return isRepeatable
      ? Option<[String]>(wrappedValue: [], name: names, help: help, completion: completionKind)
      : Option<String?>(
        name: names, parsing: takesDash ? .unconditional : .next, help: help,
        completion: completionKind)
  }

  /// The option `--no-`, without its dashes, of a setting with an optional value; nil for any other. The
  /// `--no-` form of a flag belongs to its declaration.
  fileprivate var inverse: String? {
    isInvertible && !isFlag ? option.map { "no-\($0)" } : nil
  }

  fileprivate var inverseArgument: Any {
    Flag<Bool>(
      wrappedValue: false, name: .customLong(inverse ?? ""),
      help: ArgumentHelp(stringLiteral: "Turn off \(optionText ?? "")."))
  }

  /// What was typed.
  ///
  /// - Parameter decode: decodes what was declared by ``argument``.
  fileprivate func typed(
    _ decode: (any Decodable.Type) throws -> any Decodable
  ) throws -> TypedOption? {
    let name = optionText ?? ""
    switch try decode(argumentType) {
    case let flag as Flag<Bool>:
      return flag.wrappedValue ? TypedOption(name: name, value: "True") : nil
    case let flag as Flag<Bool?>:
      return flag.wrappedValue.map {
        TypedOption(name: $0 ? name : "--no-\(option ?? "")", value: $0 ? "True" : "False")
      }
    case let option as Option<[String]>:
      let values = option.wrappedValue
      let text = values.map { $0.replacing(",", with: "\\,") }.joined(separator: ",")
      return values.isEmpty ? nil : TypedOption(name: name, value: text)
    case let option as Option<String?>:
      return option.wrappedValue.map { TypedOption(name: name, value: $0) }
    default: return nil
    }
  }

  private var argumentType: any Decodable.Type {
    if isFlag { return isInvertible ? Flag<Bool?>.self : Flag<Bool>.self }
    return isRepeatable ? Option<[String]>.self : Option<String?>.self
  }
}

extension ArgumentHelp {
  fileprivate func naming(_ placeholder: String?) -> ArgumentHelp {
    var help = self
    help.valueName = placeholder
    return help
  }
}
