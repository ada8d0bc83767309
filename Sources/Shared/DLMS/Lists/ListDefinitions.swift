import Metrics
import Records

/// The definitions of lists: those of the user, and those that are built in.
public struct ListDefinitions: Sendable {
  private let definitions: [ListDefinition]

  /// - Parameter own: those of the user. One with the name of a built-in one by position replaces it; the entries of
  ///   one by code come before the built-in ones.
  public init(own: [ListDefinition] = []) {
    definitions = own + ListDefinitions.builtIn
  }

  static let builtIn = (try? ListDefinitionReader.definitions(of: builtInText.utf8Bytes)) ?? []

  /// The definition of a list whose values are meant by their position; nil if there is none.
  func byPosition(_ source: ListSource, count: Int) -> ListDefinition? {
    first(source) { $0.count == count }
  }

  /// The definition of a list whose values have codes; nil if there is none.
  func byCode(_ source: ListSource) -> ListDefinition? {
    guard let first = first(source, where: { $0.count == nil }) else { return nil }
    return definitions.filter { $0.key == first.key && $0 != first }.reduce(first) {
      $0.adding($1.entries)
    }
  }

  private func first(
    _ source: ListSource, where condition: (ListDefinition) -> Bool
  ) -> ListDefinition? {
    let candidates = definitions.filter(condition)
    return candidates.first { $0.identifier != nil && $0.identifier == source.identifier }
      ?? candidates.first {
        $0.identifier == nil && $0.maker == source.maker ?? ListDefinition.unknownMaker
      }
  }

  /// The maker of the lists with an identifier; nil if no definition tells.
  func maker(of identifier: String) -> String? {
    definitions.first { $0.identifier == identifier }?.maker
  }
}

/// What is known of who pushes a list.
struct ListSource: Equatable {
  /// The three letters of the maker.
  var maker: String?
  var identifier: String?
}
