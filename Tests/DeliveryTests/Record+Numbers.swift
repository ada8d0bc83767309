import Records
import TestValues

/// Numbered records, which a test can identify.
extension Record {
  /// The records of a stream's text.
  static func all(in text: [UInt8]) -> [Record] {
    var reader = RecordReader()
    var records: [Record] = []
    let handle = { (event: RecordReader.Event) in
      if case .record(let record) = event { records.append(record) }
    }
    reader.read(text.span, handle)
    reader.finish(handle)
    return records
  }

  static func numbered(_ number: Int, length: Int = 0) -> Record {
    all(in: ("n=\(number)\nx=" + String(repeating: "x", count: length)).bytes)[0]
  }

  /// Numbered records as a stream.
  static func stream(_ numbers: some Sequence<Int>) -> [UInt8] {
    var text: [UInt8] = []
    for number in numbers { text += Record.numbered(number).text + [10] }
    return text
  }

  /// A record with a timestamp at this second of an hour.
  static func timed(_ second: Int) -> Record {
    let minutes = second / 60 < 10 ? "0\(second / 60)" : "\(second / 60)"
    let seconds = second % 60 < 10 ? "0\(second % 60)" : "\(second % 60)"
    return all(
      in: "timestamp=2026-11-23T10:\(minutes):\(seconds)Z\nn=\(second)\nx=0123456789".bytes)[0]
  }

  /// The number of the record; nil if any byte of it was changed.
  var number: Int? {
    if timestamp != nil { return second }
    guard let end = text.firstIndex(of: UInt8(ascii: "\n")), text.last == UInt8(ascii: "\n"),
      let number = Int(String(decoding: text[..<end].dropFirst(2), as: UTF8.self)),
      end + 4 <= text.count
    else {
      return nil
    }
    let fillerEnd = text.count - 1
    guard text[..<(end + 3)].elementsEqual("n=\(number)\nx=".utf8),
      text[(end + 3)..<fillerEnd].allSatisfy({ $0 == UInt8(ascii: "x") })
    else {
      return nil
    }
    return number
  }

  /// The number of a record that `timed` made.
  private var second: Int? {
    var second: Int?
    forEachField { key, value in
      if key == "n" { second = Int([UInt8](value).text) }
    }
    return second.flatMap { self == .timed($0) ? $0 : nil }
  }
}
