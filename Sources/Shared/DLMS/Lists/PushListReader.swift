import Metrics
import Records
import Telegrams

/// Reads the lists of one line. A list without an identifier may be one of the kind that came before it.
public struct PushListReader: Sendable {
  private let definitions: ListDefinitions
  /// What earlier lists told, by the system title of the encrypted frames they were in.
  private var meters: [SystemTitle?: KnownMeter] = [:]

  private struct KnownMeter {
    var source = ListSource()
    var identity = MeterIdentity()
  }

  /// Bit errors in system titles look like new meters.
  private static let maximumMeters = 64

  /// Why a data-notification is not read.
  public enum Defect: Error, Equatable, Sendable {
    /// Its values belong to no known shape.
    case unknownShape
    /// A list without codes that no definition is of.
    case unknownList(identifier: String?, maker: String?, count: Int)
    /// A value of a list without codes has another type than the definition with this name says. It is counted from 1.
    case wrongType(name: String, value: Int)
    /// A list of which no value has both a meaning and a unit.
    case noValues
  }

  public init(_ definitions: ListDefinitions = ListDefinitions()) {
    self.definitions = definitions
  }

  /// Whether a list told the number of its meter.
  ///
  /// - Parameter title: that of the encrypted frames of the meter; nil if they are not encrypted.
  public func knowsNumber(ofMeter title: SystemTitle?) -> Bool {
    meters[title]?.identity.hasNumber == true
  }

  /// Reads a list.
  ///
  /// - Parameter title: that of the encrypted frame it was in; nil if it was not encrypted.
  public mutating func list(
    in notification: DataNotification, from title: SystemTitle? = nil
  ) throws(Defect) -> PushList {
    guard let items = [PushItem](notification.body), !items.isEmpty else { throw .unknownShape }
    var meter = meters[title] ?? KnownMeter()
    // List 1 of Norway tells nothing.
    let source = source(of: items, title) ?? meter.source
    let isByPosition = items.allSatisfy { $0.code == nil }
    let definition =
      isByPosition
      ? definitions.byPosition(source, count: items.count) : definitions.byCode(source)
    let all =
      isByPosition
      ? try PushListReader.values(of: items, byPosition: definition, source)
      : values(of: items, definition?.entries ?? [], source)
    // The time of a list without codes may have none either.
    let time =
      all.lazy.compactMap(\.clock).first
      ?? (items.first { $0.code == nil && $0.value.time != nil }?.value.time ?? notification.time)
      .map { ListTime($0, isStandard: false) }
    let values = all.filter { $0.clock == nil }
    meter.source = source
    meter.identity.update(with: values)
    if meters.count >= PushListReader.maximumMeters, meters[title] == nil { meters = [:] }
    meters[title] = meter
    return PushList(
      maker: source.maker, type: meter.identity.type, time: time,
      values: meter.identity.withNumber(values),
      withoutUnit: items.compactMap { item in
        guard let code = item.code, item.value.number != nil else { return nil }
        return values.contains { $0.code == code } ? nil : code
      })
  }

  // MARK: - The source

  private static let identifierCode = OBISCode(1, 1, 0, 2, 129)

  /// Nil if a list tells neither its maker nor its identifier.
  private func source(of items: [PushItem], _ title: SystemTitle?) -> ListSource? {
    let named = items.first { $0.code == PushListReader.identifierCode }
    // Kamstrup and Kaifa identify the list before its first value.
    let first = items.prefix { $0.code == nil }.first {
      $0.value.characters.map(PushListReader.isIdentifier) == true
    }
    let identifier = (named ?? first)?.value.characters
    let maker =
      title?.maker ?? identifier.flatMap(definitions.maker(of:))
      ?? items.lazy.compactMap { $0.value.characters.flatMap(PushListReader.maker(ofDevice:)) }
      .first
    return maker == nil && identifier == nil
      ? nil : ListSource(maker: maker, identifier: identifier)
  }

  /// Whether a text may identify a list. The number and the name of a meter differ with each meter.
  private static func isIdentifier(_ text: String) -> Bool {
    text.first?.isNumber == false && maker(ofDevice: text) == nil
  }

  /// The maker that a logical device name begins with, before a digit: `ISK1030…`.
  private static func maker(ofDevice name: String) -> String? {
    let maker = name.prefix(3)
    guard maker.utf8.count == 3, maker.utf8.allSatisfy(\.isCapitalLetter),
      name.dropFirst(3).first?.isNumber == true
    else {
      return nil
    }
    return String(maker)
  }

  // MARK: - Values by position

  private static func values(
    of items: [PushItem], byPosition definition: ListDefinition?, _ source: ListSource
  ) throws(Defect) -> [PushValue] {
    guard let definition else {
      throw .unknownList(
        identifier: source.identifier, maker: source.maker, count: items.count)
    }
    let entries = Array(zip(definition.entries, items))
    if let wrong = entries.firstIndex(where: { !$0.type.isType(of: $1.value) }) {
      throw .wrongType(name: definition.key, value: wrong + 1)
    }
    return entries.compactMap { entry, item in
      guard let code = entry.code, let content = entry.type.content(of: item.value) else {
        return nil
      }
      return PushValue(code: code, content: content)
    }
  }

  // MARK: - Values with codes

  private func values(
    of items: [PushItem], _ entries: [ListDefinition.Entry], _ source: ListSource
  ) -> [PushValue] {
    var textCodes = entries.filter { $0.type == .text }.compactMap(\.code)[...]
    return items.compactMap { item in
      guard let code = item.code else {
        guard let text = item.value.characters, text != source.identifier,
          let code = textCodes.popFirst()
        else {
          return nil
        }
        return PushValue(code: code, content: .text(text.utf8Bytes))
      }
      let type = entries.first { $0.code == code }?.type
      return PushListReader.content(of: item, code, type).map {
        PushValue(code: code, content: $0)
      }
    }
  }

  private static func content(
    of item: PushItem, _ code: OBISCode, _ type: ListDefinition.ValueType?
  ) -> PushValue.Content? {
    if let time = item.value.time, !code.hasUnit {
      return .time(ListTime(time, isStandard: type == .timestamp(isStandard: true)))
    }
    if let text = item.value.text {
      // A clock that was never set is no text, and neither is a number.
      return text.isEmpty || code.isClock || code.hasUnit ? nil : .text(text)
    }
    guard let number = item.value.number else { return nil }
    let scale: NumberScale?
    if let sent = item.scale {
      scale = NumberScale(sent)
    } else if case .number(let defined) = type {
      scale = defined
    } else {
      scale = code.hasUnit ? nil : NumberScale(unit: nil)
    }
    return scale.map { .number(number, exponent: $0.exponent, unit: $0.unit) }
  }
}

extension PushListReader.Defect: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownShape: "unknown form; please report it with a file of --raw"
    case .noValues: "no value has a known code and unit; please report it with a file of --raw"
    case .wrongType(let name, let value):
      "value \(value) is not of the type in the definition \"\(name)\"; see p1spec(5)"
    case .unknownList(let identifier, let maker, let count):
      "unknown list of \(count) value\(count == 1 ? "" : "s"); to read it, define \""
        + ListDefinition.key(maker, identifier, count: count) + "\" in a list file, see p1spec(5)"
    }
  }
}

extension ListDefinition.ValueType {
  /// Whether a value has this type, or is missing.
  fileprivate func isType(of value: AXDRValue) -> Bool {
    switch (self, value) {
    case (_, .null): true
    // Also of a clock that was never set.
    case (.timestamp, .octets(let octets)): octets.count == COSEMDateTime.length
    default: content(of: value) != nil
    }
  }

  /// The content of a value of this type; nil for a missing value, and for one of another type.
  fileprivate func content(of value: AXDRValue) -> PushValue.Content? {
    switch self {
    case .text: value.text.map { .text($0) }
    case .timestamp(let isStandard): value.time.map { .time(ListTime($0, isStandard: isStandard)) }
    case .number(let scale):
      value.number.map { .number($0, exponent: scale.exponent, unit: scale.unit) }
    }
  }
}

extension PushValue {
  /// The time of the meter's clock; nil for any other value.
  fileprivate var clock: ListTime? {
    guard case .time(let time) = content, code.isClock else { return nil }
    return time
  }
}

extension OBISCode {
  /// Whether it is that of the clock, on any channel: Kamstrup has it on channel 1.
  fileprivate var isClock: Bool { onAnyChannel == OBISCode(0, 0, 1, 0, 0) }

  /// Whether a number with this code is measured in a unit.
  fileprivate var hasUnit: Bool {
    if let metric = MetricTable.metric(for: self) {
      return metric.unit != nil || metric.isSubmeterReading
    }
    return medium > 0 && (1..<96).contains(quantity)
  }
}

extension SystemTitle {
  /// The three letters of the maker; nil if they are none.
  fileprivate var maker: String? {
    let letters = stride(from: 56, through: 40, by: -8).map {
      UInt8(truncatingIfNeeded: value >> $0)
    }
    return letters.allSatisfy(\.isCapitalLetter) ? String(decoding: letters, as: UTF8.self) : nil
  }
}
