import Glibc
import PythonLiterals
import Records
import SystemPackage

/// p1.conf: lines `NAME = 'value'`, read as data and never run. p1.conf(5) describes it.
///
/// It takes the settings block of a Python script, with pySerial's attributes, and systemd's EnvironmentFile.
public struct ConfigurationFile: Sendable {
  /// A value, and the line that it stands on, counted from 1.
  struct Entry: Equatable, Sendable {
    /// Nil for `None`.
    var value: String?
    var line: Int
  }

  public let path: String
  /// The name in messages. A service reads a copy that `P1_CONF` names, and `P1_CONF_NAME` names the original.
  private let name: String
  private(set) var entries: [String: Entry] = [:]

  /// The most bytes of a file.
  private static let limit = 1 << 20

  /// Reads the file of `--config`, of `P1_CONF` or of the search path; nil if there is none.
  ///
  /// - Parameter path: the value of `--config`.
  /// - Throws: ``Failure`` for a file that cannot be read.
  static func find(_ path: String?) throws -> ConfigurationFile? {
    let named = path ?? processVariable("P1_CONF")
    // An empty variable means no file.
    if let named { return named.isEmpty ? nil : try ConfigurationFile(path: named) }
    let home = processVariable("HOME").map { "\($0)/.config/p1.conf" }
    return try ["./p1.conf", home, "/etc/p1.conf"].compactMap(\.self)
      .first(where: isThere)
      .map { try ConfigurationFile(path: $0) }
  }

  /// Whether a directory has the name, even if it is a link to a missing file.
  private static func isThere(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0
  }

  private init(path: String) throws {
    let bytes = try readFile(path, limit: ConfigurationFile.limit, .configuration)
    try self.init(path: path, bytes)
  }

  /// - Throws: ``Failure`` for an invalid line.
  init(path: String, _ bytes: [UInt8]) throws {
    self.path = path
    name = path == processVariable("P1_CONF") ? processVariable("P1_CONF_NAME") ?? path : path
    let isMarked = bytes.starts(with: "\u{FEFF}".utf8)
    // Only in a file of an old Mac does \r alone end a line.
    let lineEnd = UInt8(ascii: bytes.contains(UInt8(ascii: "\n")) ? "\n" : "\r")
    let lines = bytes.dropFirst(isMarked ? 3 : 0).split(
      separator: lineEnd, omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      do throws(InvalidValue) {
        guard let text = String(validating: line, as: UTF8.self) else {
          throw InvalidValue("the line is not text in UTF-8")
        }
        try read(text[...], number: index + 1)
      } catch {
        throw failure(line: index + 1, error.reason)
      }
    }
  }

  /// A line of the file, as messages name it.
  func place(ofLine line: Int) -> String { "\(name):\(line)" }

  /// What is wrong with a line of the file.
  func failure(line: Int, _ reason: String) -> Failure {
    Failure(place(ofLine: line), reason, .configuration)
  }

  /// - Throws: ``Failure`` for the first name that is misspelt or removed.
  func checkNames() throws {
    for (name, entry) in entries.sorted(by: { $0.value.line < $1.value.line }) {
      switch SettingNames.kind(of: name) {
      case .known, .foreign: continue
      case .misspelt(let nearest?):
        throw failure(line: entry.line, "unknown setting \(name); did you mean \(nearest)?")
      case .misspelt(nil): throw failure(line: entry.line, "unknown setting \(name)")
      case .removed(let text): throw failure(line: entry.line, "\(name): \(text)")
      }
    }
  }

  private mutating func read(_ line: Substring, number: Int) throws(InvalidValue) {
    let line = line.drop(while: \.isWhitespace)
    guard let first = line.first, first != "#", first != ";" else { return }
    guard !line.hasPrefix("import "), !line.hasPrefix("from ") else { return }
    let assignment = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    var name = assignment[0].trimmingSpace
    if name.hasPrefix("export ") { name = name.dropFirst(7).drop(while: \.isWhitespace) }
    guard assignment.count == 2, ConfigurationFile.isName(name) else {
      throw InvalidValue("expected NAME = 'value'")
    }
    // SER.port of pySerial is SER_PORT.
    let key = name.uppercased().replacing(".", with: "_")
    let text = assignment[1].trimmingSpace
    guard key != "SER" else {
      let call = ConfigurationFile.withoutComment(text).filter { !$0.isWhitespace }
      guard call == "serial.Serial()" else {
        throw InvalidValue(
          "SER can only be serial.Serial(); set SER.port, SER.baudrate and so on")
      }
      return
    }
    entries[key] = Entry(value: try ConfigurationFile.value(text), line: number)
  }

  /// Letters, digits and underscores, with at most one dot: `SER.port`.
  private static func isName(_ name: Substring) -> Bool {
    guard let first = name.first, first.isLetter || first == "_" else { return false }
    return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
      && name.count { $0 == "." } <= 1
  }

  /// The value after the `=`; nil for Python's `None`.
  private static func value(_ text: Substring) throws(InvalidValue) -> String? {
    let letters = text.prefix(2).prefix { "rRuUbBfF".contains($0) }
    if let quote = text.dropFirst(letters.count).first, quote == "'" || quote == "\"" {
      return try string(text)
    }
    let word = withoutComment(text)
    switch word {
    case "None": return nil
    case "serial.PARITY_NONE": return "N"
    case "serial.PARITY_EVEN": return "E"
    case "serial.PARITY_ODD": return "O"
    case "serial.SEVENBITS": return "7"
    case "serial.EIGHTBITS": return "8"
    case "serial.STOPBITS_ONE": return "1"
    case "serial.STOPBITS_TWO": return "2"
    case _ where word.hasPrefix("serial."):
      throw InvalidValue("this constant of pySerial is not supported: \(word)")
    case _ where word.contains(where: { $0.isWhitespace || "'\"\\(){}[]".contains($0) }):
      throw InvalidValue("the value needs quotes")
    default: return String(word)
    }
  }

  /// One or more strings, as Python and systemd write them, and a comment or nothing.
  private static func string(_ text: Substring) throws(InvalidValue) -> String {
    var tokens: PythonTokens
    let value: String
    do throws(PythonLiteralError) {
      tokens = try PythonTokens(Array(text.utf8))
      value = try tokens.string("a value in quotes")
    } catch {
      throw InvalidValue(error.reason)
    }
    guard tokens.isAtEnd || tokens.take(";") && tokens.isAtEnd else {
      throw InvalidValue("unexpected text after the closing quote")
    }
    return value
  }

  /// Without quotes, only a # after a blank begins a comment: `a#b` is a value.
  private static func withoutComment(_ text: Substring) -> Substring {
    var before: Character = " "
    let end = text.firstIndex { character in
      defer { before = character }
      return character == "#" && before.isWhitespace
    }
    return text[..<(end ?? text.endIndex)].trimmingSpace
  }
}

extension Substring {
  fileprivate var trimmingSpace: Substring {
    var rest = drop(while: \.isWhitespace)
    while rest.last?.isWhitespace ?? false { rest.removeLast() }
    return rest
  }
}
