import Metrics

/// What the values of a list mean that the list itself does not tell: see ``ListDefinitionReader``.
public struct ListDefinition: Equatable, Sendable {
  /// The three letters of the maker, as in the header of a telegram.
  public let maker: String
  /// The letters of lists that do not tell their maker.
  static let unknownMaker = "DLM"
  /// The identifier in the list; nil for the lists of a maker that have none.
  public let identifier: String?
  /// The number of values of a list whose values are meant by their position; nil for a list of values with codes.
  public let count: Int?
  let entries: [Entry]

  struct Entry: Equatable {
    /// Nil for a value that no telegram has.
    let code: OBISCode?
    let type: ValueType
  }

  enum ValueType: Equatable {
    case text
    /// Whether the clock shows standard time all year, if the meter does not tell its offset from UTC.
    case timestamp(isStandard: Bool)
    case number(NumberScale)
  }

  /// With further entries, for what this definition does not define.
  func adding(_ others: [Entry]) -> ListDefinition {
    let hasTexts = entries.contains { $0.type == .text }
    let new = others.filter { other in
      !(hasTexts && other.type == .text) && !entries.contains { $0.code == other.code }
    }
    return ListDefinition(
      maker: maker, identifier: identifier, count: count, entries: entries + new)
  }

  /// The key of the definition in a file.
  var key: String { ListDefinition.key(maker, identifier, count: count) }

  static func key(_ maker: String?, _ identifier: String?, count: Int?) -> String {
    let name = (maker ?? unknownMaker) + (identifier.map { " \($0)" } ?? "")
    return name + (count.map { "/\($0)" } ?? "")
  }
}
