import Console
import Glibc
import Records
import SystemPackage
import Telegrams

/// Where the specification files are: one for every telegram, or a file `dsmrNN.py` for each version in
/// the first of some folders that has it.
struct SpecificationPath {
  /// The file for every telegram.
  var file: String?
  /// The folders that were named, the one of an option before that of the environment.
  var named: [String] = []

  /// The folder of all the machine's users.
  private static let systemDirectory = "/etc/p1"

  /// The most bytes that a file may have.
  private static let maximumLength = 1 << 20

  /// A file that was read.
  struct Found {
    let version: String
    let path: String
    let entries: [SpecificationEntry]
  }

  /// The same, with the folder of the environment behind those that there are.
  func completed(by environment: Environment) -> SpecificationPath {
    var path = self
    if let directory = environment.string(.specificationDirectory) { path.named.append(directory) }
    return path
  }

  /// Reads all files, the one in use for each version.
  ///
  /// - Returns: them, by version.
  /// - Throws: `Failure` for one that cannot be read or is wrong, whether it is needed or not.
  func files() throws -> [Found] {
    if let file { return [try Found(version: "", path: file, entries: entries(of: file))] }
    var found: [String: Found] = [:]
    for directory in directories {
      for name in try names(in: directory) {
        guard let version = SpecificationPath.version(of: name), found[version] == nil else {
          continue
        }
        let path = "\(directory)/\(name)"
        found[version] = try Found(version: version, path: path, entries: entries(of: path))
      }
    }
    return found.values.sorted { $0.version < $1.version }
  }

  /// The files as the parser takes them.
  func read() throws -> SpecificationFiles {
    let found = try files()
    if file != nil, let first = found.first { return SpecificationFiles(forAll: first.entries) }
    var files = SpecificationFiles()
    for file in found { files[file.version] = file.entries }
    return files
  }

  /// What is said of a version that nothing is known of.
  func failure(_ unknown: TelegramParser.UnknownVersion) -> Failure {
    let version = unknown.version
    let name = "dsmr\(version).py"
    guard SpecificationPath.version(of: name) != nil else {
      return Failure(
        nil, "No DSMR config for version \(version)", .configuration,
        hint: "and none is looked for, as digits make a version; --spec FILE reads it all the same")
    }
    return Failure(
      nil, "No DSMR config for version \(version) (\(named.first ?? ".")/\(name))", .configuration,
      hint: "to make one, see p1spec(5); \"p1parse --print-spec 50 > \(name)\" is a start")
  }

  // MARK: - Folders and files

  private var directories: [String] {
    ["."] + named + [SpecificationPath.systemDirectory]
  }

  /// The names in a folder. Only one that was asked for has to be there.
  private func names(in directory: String) throws -> [String] {
    do throws(Errno) {
      return try fileNames(in: directory)
    } catch .noSuchFileOrDirectory where !named.contains(directory) {
      return []
    } catch {
      throw Failure(directory, error, .configuration)
    }
  }

  private func entries(of path: String) throws -> [SpecificationEntry] {
    let text = try readFile(path, limit: SpecificationPath.maximumLength, .configuration)
    do {
      return try SpecificationFile.entries(of: text)
    } catch {
      throw Failure("\(path):\(error.line):\(error.column)", error.reason, .configuration)
    }
  }

  /// The version that a file is for, by its name; nil for any other file. Other programs, too, have
  /// names that begin with dsmr and end in .py.
  private static func version(of name: String) -> String? {
    guard name.hasPrefix("dsmr"), name.hasSuffix(".py") else { return nil }
    let version = String(name.dropFirst(4).dropLast(3))
    let isNumber =
      (1...16).contains(version.utf8.count) && version.utf8.allSatisfy { $0.decimalDigit != nil }
    return isNumber || KnownVersion.all.contains { $0.name == version } ? version : nil
  }
}
