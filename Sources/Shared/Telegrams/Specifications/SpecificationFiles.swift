/// The entries of the available specification files, by the version of the P1 port.
public struct SpecificationFiles {
  private var byVersion: [String: [SpecificationEntry]] = [:]
  /// The entries of the one file that is used for every version.
  private let ofAll: [SpecificationEntry]?

  public init() {
    ofAll = nil
  }

  /// One file for every telegram.
  public init(forAll entries: [SpecificationEntry]) {
    ofAll = entries
  }

  /// The entries of the file for a version; nil if there is none.
  public subscript(version: String) -> [SpecificationEntry]? {
    get { ofAll ?? byVersion[version] }
    set { byVersion[version] = newValue }
  }

  /// The file of the first version that has one.
  func first(of versions: [String]) -> (version: String, entries: [SpecificationEntry])? {
    if let ofAll { return ("", ofAll) }
    for version in versions {
      if let entries = byVersion[version] { return (version, entries) }
    }
    return nil
  }
}
