import Metrics
import Records

/// The version of the P1 port that a telegram declares, or that its codes imply.
struct MeterVersion: Equatable {
  /// The names under which a specification file is looked up, the most likely first: `50`, `50217`,
  /// `SE`. Empty if the version is not declared and the codes imply none.
  let names: [String]
  /// Whether the telegram can be read without a specification file.
  let isBuiltIn: Bool
  /// The metric names of other tools depend on it.
  let meter: MeterKind

  private static let code = OBISCode(1, 3, 0, 2, 8)
  private static let belgianCode = OBISCode(0, 0, 96, 1, 4)

  /// Whether a line with this code declares the version.
  static func isDeclared(by code: OBISCode) -> Bool {
    code == MeterVersion.code || code == belgianCode
  }

  init(of layout: TelegramLayout, _ telegram: Span<UInt8>) {
    let codes = layout.lines.map(\.code)
    let kind = MeterVersion.kind(of: codes)
    if let (code, range) = MeterVersion.declaration(in: layout, telegram) {
      let text = telegram.extracting(range)
      if code == MeterVersion.belgianCode {
        names = [MeterVersion.digits(text).span.latin1Line]
        isBuiltIn = true
        meter = .belgian
      } else {
        let name = OctetText.trimmed([UInt8](text)).span.latin1Line
        names = [name]
        isBuiltIn = KnownVersion.declared.contains { $0.name == name }
        meter = kind ?? MeterVersion.dutchKind(of: names)
      }
      return
    }
    names = MeterVersion.inferredNames(codes, of: layout, telegram)
    isBuiltIn = true
    meter = kind ?? MeterVersion.dutchKind(of: names)
  }

  /// The code of the line that declares the version, and the place of what it says; nil if none does.
  static func declaration(
    in layout: TelegramLayout, _ telegram: Span<UInt8>
  ) -> (code: OBISCode, range: Range<Int>)? {
    for line in layout.lines where isDeclared(by: line.code) {
      if let group = layout.groups(of: line).first, !group.isEmpty,
        !OctetText.isError(telegram.extracting(group))
      {
        return (line.code, group)
      }
    }
    return nil
  }

  /// The version `50217`, of which some Belgian meters print the digits' octets in hexadecimal.
  static func digits(_ group: Span<UInt8>) -> [UInt8] {
    let decoded = OctetText.decode(group)
    let isNumber = !decoded.isEmpty && decoded.allSatisfy { $0.decimalDigit != nil }
    return isNumber ? decoded : [UInt8](group)
  }

  // MARK: - Inferred from the codes

  /// The kinds of meter that the codes alone determine, whatever version is declared.
  private static func kind(of codes: [OBISCode]) -> MeterKind? {
    if KnownVersion.printsTotals(codes) { return .totals }
    return KnownVersion.isHungarian(codes) ? .hungarian : nil
  }

  private static func dutchKind(of names: [String]) -> MeterKind {
    names.contains(where: KnownVersion.beforeDSMR5.contains) ? .beforeDSMR5 : .dsmr5
  }

  /// The names for a meter that declares no version; empty if the codes imply none.
  private static func inferredNames(
    _ codes: [OBISCode], of layout: TelegramLayout, _ telegram: Span<UInt8>
  ) -> [String] {
    if let known = KnownVersion.inferred.first(where: { $0.matches(codes) }) { return [known.name] }
    guard codes.contains(KnownVersion.importTariff1), !codes.contains(KnownVersion.importTotal),
      !codes.contains(where: { MetricTable.metric(for: $0)?.form == .telegramTime })
    else {
      return []
    }
    // DSMR 2.2 and 3.0 are alike, but 3.0 prints the type of a sub-meter as two or three digits. A
    // specification file for one of them also serves the other.
    let isVersion3 = layout.lines.contains { line in
      MetricTable.metric(for: line.code)?.form == .submeterType
        && (layout.groups(of: line).first?.count ?? 0) > 1
    }
    return isVersion3 ? ["30", "22"] : ["22", "30"]
  }
}
