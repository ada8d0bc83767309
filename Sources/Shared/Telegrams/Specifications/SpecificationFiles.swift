/// The specification files that there are: what each says, by the version of the P1 port that it is
/// for. They are values; where they come from is not known here.
public struct SpecificationFiles {
  private var byVersion: [String: [SpecificationEntry]] = [:]
  /// What one says that is for every telegram.
  private let ofAll: [SpecificationEntry]?

  /// No file for any version.
  public init() {
    ofAll = nil
  }

  /// One file for every telegram.
  public init(forAll entries: [SpecificationEntry]) {
    ofAll = entries
  }

  /// What the file for a version says; nil where there is none.
  public subscript(version: String) -> [SpecificationEntry]? {
    get { ofAll ?? byVersion[version] }
    set { byVersion[version] = newValue }
  }

  /// The file for the first of some versions that has one.
  func first(of versions: [String]) -> (version: String, entries: [SpecificationEntry])? {
    if let ofAll { return ("", ofAll) }
    for version in versions {
      if let entries = byVersion[version] { return (version, entries) }
    }
    return nil
  }
}
