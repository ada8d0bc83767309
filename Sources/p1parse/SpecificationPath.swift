import CommandLine
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
    /// The version that it is for; nil for every one.
    let version: String?
    let path: String
    let entries: [SpecificationEntry]
  }

  /// The same, with the file of the environment where none was named, and its folder behind those that
  /// there are.
  func completed(by environment: Environment) -> SpecificationPath {
    var path = self
    // An option for a folder asks for other files than that one.
    if file == nil, named.isEmpty { path.file = environment.string(.specificationFile) }
    if let directory = environment.string(.specificationDirectory) { path.named.append(directory) }
    return path
  }

  /// Reads all files, the one in use for each version.
  ///
  /// - Parameters:
  ///   - before: those in use so far.
  ///   - messages: where a folder is named that nobody asked for and that cannot be looked into.
  /// - Returns: them, by version.
  /// - Throws: `Failure` for one that cannot be read or is wrong, whether it is needed or not.
  func files(inUse before: [Found] = [], _ messages: Messages) throws -> [Found] {
    if let file { return [try Found(version: nil, path: file, entries: entries(of: file))] }
    var found: [String: Found] = [:]
    for directory in ["."] + named + [SpecificationPath.systemDirectory] {
      let isInUse = before.contains { $0.path.hasPrefix("\(directory)/") }
      for name in try names(in: directory, isNeeded: isInUse, messages) {
        guard let version = SpecificationPath.version(of: name), found[version] == nil else {
          continue
        }
        let path = "\(directory)/\(name)"
        // It would be waited for, before any telegram.
        guard !isStream(path) else { throw Failure(path, "not a regular file", .configuration) }
        found[version] = try Found(version: version, path: path, entries: entries(of: path))
      }
    }
    return found.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Reads all files again. What cannot be had now stays as it was, and that is said: a file that has a
  /// mistake, or one that has gone and for whose version nothing is built in.
  func files(after before: [Found], _ messages: Messages) -> [Found] {
    do {
      if let file, isStream(file) {
        throw Failure(file, "a pipe is read only once", .configuration)
      }
      var found = try files(inUse: before, messages)
      for old in before where !found.contains(where: { $0.version == old.version }) {
        guard let version = old.version, KnownVersion(named: version) == nil else { continue }
        messages.say(.warning, old.path, "it has gone; what was read before stays in use")
        found.append(old)
      }
      return found
    } catch {
      if let failure = error as? Failure { messages.say(failure) }
      messages.say(.error, nil, "what was read before stays in use")
      return before
    }
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

  /// The names in a folder. Only one that was asked for, or is in use, has to be there and open.
  private func names(
    in directory: String, isNeeded: Bool, _ messages: Messages
  ) throws -> [String] {
    do throws(Errno) {
      return try fileNames(in: directory)
    } catch  where named.contains(directory) || isNeeded && error != .noSuchFileOrDirectory {
      throw Failure(directory, error, .configuration)
    } catch {
      if error != .noSuchFileOrDirectory {
        messages.say(.notice, directory, "\(error), so no specification file in it is read")
      }
      return []
    }
  }

  private func entries(of path: String) throws -> [SpecificationEntry] {
    let text = try readFile(path, limit: SpecificationPath.maximumLength, .configuration)
    do {
      return try SpecificationReader.entries(of: text)
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
    return isNumber || KnownVersion(named: version) != nil ? version : nil
  }
}

extension SpecificationFiles {
  /// The files as the parser takes them.
  init(_ found: [SpecificationPath.Found]) {
    if let ofAll = found.first(where: { $0.version == nil }) {
      self.init(forAll: ofAll.entries)
      return
    }
    self.init()
    for file in found {
      if let version = file.version { self[version] = file.entries }
    }
  }
}
