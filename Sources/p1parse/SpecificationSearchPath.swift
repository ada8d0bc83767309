import CommandLine
import Glibc
import Records
import SystemPackage
import Telegrams

/// Where to find specification files: one file for every telegram, or a file `dsmrNN.py` for each
/// version, from the first directory that has it.
struct SpecificationSearchPath {
  /// The file for every telegram.
  private let file: String?
  /// The directories of the settings, in the order of the search.
  private let directories: [String]

  private static let systemDirectory = "/etc/p1"

  private static let maximumFileSize = 1 << 20

  struct LoadedFile {
    /// The version that the file specifies; nil for every version.
    let version: String?
    let path: String
    let entries: [SpecificationEntry]
  }

  init(_ settings: Settings) throws {
    let group = SpecificationGroup()
    // --spec-dir takes the place of P1_SPEC, and adds to P1_SPEC_DIR.
    let isReplaced = settings.isOption(group.directory) && !settings.isOption(group.file)
    file = isReplaced ? nil : try settings[group.file]
    let option = settings.isOption(group.directory) ? try settings[group.directory] : nil
    directories = [option, try settings.withoutOptions[group.directory]].compactMap(\.self)
  }

  /// Reads the files, one for each version.
  ///
  /// - Parameter previous: the files in use until now.
  /// - Returns: the files in the order of their versions.
  /// - Throws: `Failure` if any of them cannot be read or has a mistake, even if no telegram needs it.
  func load(
    previous: [LoadedFile] = [], _ messages: Messages
  ) throws -> [LoadedFile] {
    if let file { return [try LoadedFile(version: nil, path: file, entries: entries(of: file))] }
    var files: [String: LoadedFile] = [:]
    for directory in ["."] + directories + [SpecificationSearchPath.systemDirectory] {
      let isInUse = previous.contains { $0.path.hasPrefix("\(directory)/") }
      for name in try names(in: directory, isInUse: isInUse, messages) {
        guard let version = SpecificationSearchPath.version(of: name), files[version] == nil else {
          continue
        }
        let path = "\(directory)/\(name)"
        // Reading a pipe would wait for its writer, before any telegram.
        guard !isStream(path) else { throw Failure(path, "not a regular file", .configuration) }
        files[version] = try LoadedFile(version: version, path: path, entries: entries(of: path))
      }
    }
    return files.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Reads the files, but for a pipe, which can be read only once.
  ///
  /// - Throws: `Failure` as ``load(previous:_:)``.
  func check(_ messages: Messages) throws {
    if let file, isStream(file) { return }
    _ = try load(messages)
  }

  /// Reads the files again. If any has a mistake, all previous ones stay in use; a previous one also
  /// stays if it was removed and its version has no built-in specification. Both are logged.
  func reload(_ previous: [LoadedFile], _ messages: Messages) -> [LoadedFile] {
    do {
      if let file, isStream(file) {
        throw Failure(file, "a pipe cannot be read again", .configuration)
      }
      var files = try load(previous: previous, messages)
      for old in previous where !files.contains(where: { $0.version == old.version }) {
        guard let version = old.version, KnownVersion(named: version) == nil else { continue }
        messages.say(.warning, old.path, "the file was removed; its last content stays in use")
        files.append(old)
      }
      return files
    } catch {
      if let failure = error as? Failure { messages.say(failure) }
      messages.say(.error, nil, "the previous specification files stay in use")
      return previous
    }
  }

  /// The error for a version without a specification.
  func failure(_ unknown: TelegramParser.UnknownVersion) -> Failure {
    let version = unknown.version
    let name = "dsmr\(version).py"
    guard SpecificationSearchPath.version(of: name) != nil else {
      return Failure(
        nil, "No DSMR config for version \(version)", .configuration,
        hint: "no file can be found for a version that is not a number; use --spec FILE")
    }
    return Failure(
      nil, "No DSMR config for version \(version) (\(directories.first ?? ".")/\(name))",
      .configuration,
      hint: "to make one, start with \"p1parse --print-spec 50 > \(name)\"; see p1spec(5)")
  }

  // MARK: - Directories and files

  /// The file names in a directory. It may be missing or unreadable, unless a setting names it or a file
  /// of it is in use.
  private func names(
    in directory: String, isInUse: Bool, _ messages: Messages
  ) throws -> [String] {
    do throws(Errno) {
      return try fileNames(in: directory)
    } catch  where directories.contains(directory) || isInUse && error != .noSuchFileOrDirectory {
      throw Failure(directory, error, .configuration)
    } catch {
      if error != .noSuchFileOrDirectory {
        messages.say(.notice, directory, "\(error); specification files there are ignored")
      }
      return []
    }
  }

  private func entries(of path: String) throws -> [SpecificationEntry] {
    let text = try readFile(path, limit: SpecificationSearchPath.maximumFileSize, .configuration)
    do {
      return try SpecificationReader.entries(of: text)
    } catch {
      throw Failure("\(path):\(error.line):\(error.column)", error.reason, .configuration)
    }
  }

  /// The version in the name of a specification file; nil for any other file, such as a Python module
  /// `dsmr_parser.py`.
  private static func version(of name: String) -> String? {
    guard name.hasPrefix("dsmr"), name.hasSuffix(".py") else { return nil }
    let version = String(name.dropFirst(4).dropLast(3))
    let isNumber =
      (1...16).contains(version.utf8.count) && version.utf8.allSatisfy { $0.decimalDigit != nil }
    return isNumber || KnownVersion(named: version) != nil ? version : nil
  }
}

extension SpecificationFiles {
  init(_ files: [SpecificationSearchPath.LoadedFile]) {
    if let forAll = files.first(where: { $0.version == nil }) {
      self.init(forAll: forAll.entries)
      return
    }
    self.init()
    for file in files {
      if let version = file.version { self[version] = file.entries }
    }
  }
}
