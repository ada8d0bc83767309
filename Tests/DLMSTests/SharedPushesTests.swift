import CommandLine
import Encryption
import Foundation
import Metrics
import Records
import TestValues
import Testing

@testable import DLMS
@testable import Telegrams

/// Pushes of real meters, in a folder beside the package or the one that `P1_DLMS` names: the values are those that the
/// tests of another project expect.
///
/// `NAME.bin` holds the bytes on the wire, `NAME.expected` the keys and a line for each value: code, value, comment.
/// Energies are in Wh, powers in W.
@Suite struct SharedPushesTests {
  static let directory =
    ProcessInfo.processInfo.environment["P1_DLMS"].map { URL(filePath: $0) }
    ?? URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../../shared/dlms"
    ).standardized

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    if files.isEmpty { print("skipped: there are no files in \(directory.path)") }
    return files.filter { $0.hasSuffix(".bin") }.map { String($0.dropLast(4)) }.sorted()
  }()

  struct File {
    let bytes: [UInt8]
    let expected: [(code: String, value: String)]
    let keys: MeterKeys

    init(_ name: String) throws {
      let file = SharedPushesTests.directory.appending(path: name)
      bytes = [UInt8](try Data(contentsOf: file.appendingPathExtension("bin")))
      let lines = try String(contentsOf: file.appendingPathExtension("expected"), encoding: .utf8)
        .split(separator: "\n")
      func keyFile(_ prefix: String) throws -> KeyFile {
        let line = lines.first { $0.hasPrefix(prefix) }
        let text = line.map { "\($0.dropFirst(prefix.count))\n" } ?? ""
        return text.isEmpty ? KeyFile() : try KeyFile(text.utf8Bytes, path: name)
      }
      keys = MeterKeys(
        encryption: try keyFile("# key "), authentication: try keyFile("# authentication key "))
      expected = lines.filter { !$0.hasPrefix("#") }.map {
        let columns = $0.split(separator: "\t")
        return (String(columns[0]), String(columns[1]))
      }
    }

    /// The lists in a stream, with `size` bytes at a time.
    func lists(_ stream: [UInt8], by size: Int = .max) -> [PushList] {
      var framer = PushFramer()
      var reader = PushListReader()
      var lists: [PushList] = []
      var start = 0
      while start < stream.count {
        let end = start + min(size, stream.count - start)
        framer.fill(with: stream[start..<end].span)
        start = end
        while let event = framer.next(atEnd: end == stream.count) {
          if case .message(let message) = event, let list = list(message, &reader) {
            lists.append(list)
          }
        }
      }
      return lists
    }

    private func list(_ message: [UInt8], _ reader: inout PushListReader) -> PushList? {
      var title: SystemTitle?
      var message = message
      if case .frame(let frame) = EncryptedFrame.start(of: message.span) {
        guard let plain = keys.decrypt(frame, in: message), plain.hasRightTag || !frame.hasTag
        else {
          return nil
        }
        (title, message) = (frame.title, plain.text)
      }
      return DataNotification(message).flatMap { try? reader.list(in: $0, from: title) }
    }
  }

  /// The value of a list in the unit of the file, as text; nil if the list has none with the code.
  private func value(_ code: String, of list: PushList, in name: String) -> String? {
    let isClock = ["0.0.1.0.0.255", "0.1.1.0.0.255"].contains(code)
    if isClock { return list.time.map(\.dateTime.civil.text) }
    guard let code = OBISCode(code.utf8Bytes.span),
      let value = list.values.first(where: { $0.code == code })
    else {
      return nil
    }
    switch value.content {
    case .text(let text): return text.text
    case .time(let time): return time.dateTime.civil.text
    case .number(let digits, var exponent, let unit):
      if unit?.symbol.hasPrefix("k") == true { exponent += 3 }
      // The source gives the numbers of Kamstrup as they are sent, without the scale of the list.
      if name.contains("kamstrup") {
        switch (unit, code.quantity) {
        case (.kilowattHour, _), (.kilovarHour, _): exponent -= 1
        case (.ampere, _), (nil, 1...95): exponent += 2
        default: break
        }
      }
      let number = Decimal(string: "\(digits)e\(exponent)")
      return number.map { $0.description.contains(".") ? "\($0)" : "\($0).0" }
    }
  }

  @Test(arguments: names) func values(_ name: String) throws {
    let file = try File(name)
    for size in [1, 7, .max] {
      let lists = file.lists(file.bytes, by: size)
      let list = try #require(lists.count == 1 ? lists.first : nil, "\(name)")
      #expect(list.withoutUnit.isEmpty)
      for (code, expected) in file.expected {
        switch code {
        // What the source has no code for: the identifier and the time of the list.
        case "0.0.0.0.0.0":
          let isKnown = expected == "Kamstrup_V0001" || expected == list.time?.dateTime.civil.text
          #expect(isKnown, "\(name)")
        default:
          #expect(value(code, of: list, in: name) == expected, "\(name): \(code)")
        }
      }
    }
  }

  /// The telegram is read by p1parse, whole.
  @Test(arguments: names) func telegram(_ name: String) throws {
    let file = try File(name)
    let telegram = try #require(file.lists(file.bytes).first?.telegram)
    let isWhole = Framer.isWhole(telegram.span)
    #expect(isWhole)
    var parser = TelegramParser()
    var writer = RecordWriter()
    try parser.parse(telegram.span, receivedAt: nil, into: &writer)
    #expect(writer.text.text.contains("power_import_kw="))
  }

  /// Cut at every byte, and with a bit of every byte flipped, the list before is the same or missing, and the one after
  /// is intact.
  @Test(arguments: names) func damage(_ name: String) throws {
    let file = try File(name)
    let whole = try #require(file.lists(file.bytes).first)
    for index in file.bytes.indices {
      #expect(
        file.lists(file.bytes[..<index] + file.bytes).suffix(1) == [whole],
        "\(name) cut at \(index)")
      #expect(
        file.lists(file.bytes[index...] + file.bytes).suffix(1) == [whole], "\(name) from \(index)")
      // One bit of each byte, as all take minutes.
      var damaged = file.bytes
      damaged[index] ^= 1 << UInt8(index % 8)
      let lists = file.lists(damaged + file.bytes)
      #expect(lists == [whole] || lists == [whole, whole], "\(name), bit flipped in \(index)")
    }
  }
}

extension CivilTime {
  /// `2026-11-30 10:20:05`
  fileprivate var text: String {
    let digits = [year, month, day, hour, minute, second].map { $0 < 10 ? "0\($0)" : "\($0)" }
    return digits[..<3].joined(separator: "-") + " " + digits[3...].joined(separator: ":")
  }
}
