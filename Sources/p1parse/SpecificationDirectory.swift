import Console
import Glibc
import Records
import SystemPackage
import Telegrams

/// The folder where the specification files `dsmrNN.py` are, one for each version of the P1 port.
struct SpecificationDirectory {
  let path: String

  /// The most bytes that a file may have.
  private static let maximumLength = 1 << 20

  /// What the file of a version says.
  ///
  /// - Returns: nil where there is no such file.
  /// - Throws: `Failure` where the file cannot be read or is wrong.
  func entries(of version: String) throws -> [SpecificationEntry]? {
    // A telegram is input from outside: it does not get to name any path it likes.
    guard isName(version) else { return nil }
    let file = self.file(of: version)
    guard unsafe access(file, F_OK) == 0 else { return nil }
    let text = try readFile(file, limit: SpecificationDirectory.maximumLength, .configuration)
    do {
      return try SpecificationFile.entries(of: text)
    } catch {
      throw Failure("\(file):\(error.line):\(error.column)", error.reason, .configuration)
    }
  }

  /// What is said of a version that nothing is known of.
  func failure(_ unknown: TelegramParser.UnknownVersion) -> Failure {
    guard isName(unknown.version) else {
      return Failure(
        nil, "No DSMR config for version \(unknown.version)", .configuration,
        hint: "and it can have none: up to 16 letters and digits make a version")
    }
    let file = self.file(of: unknown.version)
    return Failure(
      nil, "No DSMR config for version \(unknown.version) (\(file))", .configuration,
      hint: "to make one, see SPECIFICATION FILES in p1parse(1)")
  }

  private func file(of version: String) -> String {
    "\(path)/dsmr\(version).py"
  }

  private func isName(_ version: String) -> Bool {
    (1...16).contains(version.utf8.count)
      && version.utf8.allSatisfy {
        $0.decimalDigit != nil || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
      }
  }
}
