import CommandLine
import DLMS

extension ListDefinitions {
  private static let maximumFileSize = 1 << 20

  /// - Throws: `Failure` for a file that cannot be read or has a mistake.
  init(_ settings: Settings) throws {
    guard let path = try settings[DLMSGroup().file] else {
      self.init()
      return
    }
    let text = try readFile(path, limit: ListDefinitions.maximumFileSize, .configuration)
    do {
      self.init(own: try ListDefinitionReader.definitions(of: text))
    } catch {
      throw Failure("\(path):\(error.line):\(error.column)", error.reason, .configuration)
    }
  }
}
