import Metrics
import Telegrams

/// The number and the type of a meter. The short lists of Norway do not tell them, and without its number
/// their values would be those of another meter.
struct MeterIdentity {
  /// The values of all codes that a number of the meter can have, as lists told them.
  private var numbers: [PushValue] = []
  /// The type, as far as the header of a telegram can have it; nil if no list told it.
  private(set) var type: String?

  /// The codes of the type: of Kamstrup, and of all other makers.
  private static let typeCodes = [OBISCode(1, 1, 96, 1, 1), OBISCode(0, 0, 96, 1, 7)]

  /// The longest identification in a header (IEC 62056-21, 6.3.2, edition 1).
  fileprivate static let maximumTypeLength = 16

  var hasNumber: Bool { !numbers.isEmpty }

  /// Takes in what a list tells.
  mutating func update(with values: [PushValue]) {
    let own = values.filter { $0.numberRank != nil }
    let isOther = own.contains { value in
      numbers.contains { $0.code == value.code && $0 != value }
    }
    if isOther { self = MeterIdentity() }
    numbers += own.filter { !numbers.contains($0) }
    let types = values.filter { MeterIdentity.typeCodes.contains($0.code) }
    type = types.lazy.compactMap(\.plainText).first ?? type
  }

  /// Values, with the number of the meter if it is known and none of them.
  func withNumber(_ values: [PushValue]) -> [PushValue] {
    let best = numbers.min { ($0.numberRank ?? 0) < ($1.numberRank ?? 0) }
    guard let best, !values.contains(best) else { return values }
    return [best] + values
  }
}

extension PushValue {
  /// The rank of a number of the meter; nil for any other value.
  fileprivate var numberRank: Int? {
    guard case .meterIdentifier(let rank) = MetricTable.metric(for: code)?.form else { return nil }
    return rank
  }

  /// A text that needs no care in the header of a telegram; nil for any other value.
  fileprivate var plainText: String? {
    guard case .text(let text) = content, text.count <= MeterIdentity.maximumTypeLength,
      text.allSatisfy(\.isPlain)
    else {
      return nil
    }
    return String(decoding: text, as: UTF8.self)
  }
}
