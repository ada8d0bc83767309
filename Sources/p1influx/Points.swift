import Records

/// The points of a record in line protocol, and where in them stands what came from it digit by
/// digit: its numbers and its time. ``become(those:)`` makes them those of another record.
struct Points {
  /// The points, each ended by a line feed.
  var text: [UInt8] = []

  /// The records whose points differ from these in nothing but numbers and time.
  private(set) var shape: TextShape
  /// The numbers, which have the same bytes in the record and in the points.
  private(set) var numbers: [Piece] = []
  /// The time as the points have it, its digits, and where these stand in the points.
  var time: Int64
  var timeDigits: [UInt8]
  private(set) var times: [Piece] = []

  /// The times that have as many digits as any other of them: from 2001 on.
  static let movableTimes = 1_000_000_000_000_000_000...Int64.max

  /// Whether there can be another record with these points but for its digits.
  var canBecomeOthers: Bool { Points.movableTimes.contains(time) }

  /// The measurement of the wide layout.
  private static let measurement = [UInt8]("dsmr".utf8)

  /// The points of a record; nil where it has no timestamp.
  init?(of record: Record, _ layout: LineProtocol.Layout) {
    guard let timestamp = record.range(of: .timestamp), let instant = record.timestamp else {
      return nil
    }
    time = instant.nanosecondsSinceEpoch
    timeDigits = [UInt8]("\(time)".utf8)
    shape = TextShape(record.text.span)
    if canBecomeOthers { shape.allowDigits(in: timestamp) }
    let tags = Points.tags(of: record)
    var start = 0
    while let (key, value) = record.field(from: start) {
      start = value.upperBound + 1
      let name = record.text[key]
      guard !RecordKey.allCases.contains(where: { $0.matches(name.span) }) else { continue }
      switch layout {
      case .wide:
        let isFirst = text.isEmpty
        if isFirst { text += Points.measurement + tags }
        text.append(UInt8(ascii: isFirst ? " " : ","))
        text += name
        text.append(UInt8(ascii: "="))
        addValue(at: value, of: name.span, in: record)
      case .metric:
        text += name + tags + " value=".utf8
        addValue(at: value, of: name.span, in: record)
        endPoint()
      }
    }
    if layout == .wide, !text.isEmpty { endPoint() }
  }

  private mutating func endPoint() {
    text.append(UInt8(ascii: " "))
    times.append(Piece(source: 0, target: text.count, count: timeDigits.count))
    text += timeDigits
    text.append(UInt8(ascii: "\n"))
  }

  private mutating func addValue(at range: Range<Int>, of key: Span<UInt8>, in record: Record) {
    let value = record.text[range]
    guard let number = DecimalText(value.span, ofMetric: key) else {
      text.append(UInt8(ascii: "\""))
      Points.append(Escape.decode(value.span), escaping: Points.specialInText, to: &text)
      text.append(UInt8(ascii: "\""))
      return
    }
    let place = text.count
    number.append(from: value.span, to: &text)
    // A number that lost its leading zeros, or the like, has its digits elsewhere.
    guard text[place...] == value else { return }
    numbers.append(Piece(source: range.lowerBound, target: place, count: range.count))
    shape.allowDigits(in: range)
    // A zero before other digits would be lost.
    let first = value.first == UInt8(ascii: "-") ? range.lowerBound + 1 : range.lowerBound
    if first + 1 < range.upperBound, record.text[first + 1].decimalDigit != nil {
      shape.allow(UInt8(ascii: "1")...UInt8(ascii: "9"), at: first)
    }
  }

  /// What a backslash has to stand before in a tag, and in text. A key has none of these.
  private static let specialInTag = [UInt8](", =".utf8)
  private static let specialInText = [UInt8]("\"\\".utf8)

  private static func tags(of record: Record) -> [UInt8] {
    var tags: [UInt8] = []
    for key in [RecordKey.meter, .channel] {
      guard let value = record.value(of: key) else { continue }
      var tag = Escape.decode(value.span)
      // A backslash at its end would escape what follows, and cannot be escaped itself.
      while tag.last == UInt8(ascii: "\\") { tag.removeLast() }
      guard !tag.isEmpty else { continue }
      tags += ",\(key.rawValue)=".utf8
      append(tag, escaping: specialInTag, to: &tags)
    }
    return tags
  }

  private static func append(
    _ text: [UInt8], escaping special: [UInt8], to output: inout [UInt8]
  ) {
    for byte in text {
      // A line feed would end the point.
      let byte = byte == UInt8(ascii: "\n") ? UInt8(ascii: " ") : byte
      if special.contains(byte) { output.append(UInt8(ascii: "\\")) }
      output.append(byte)
    }
  }
}

extension Timestamp {
  /// The time as points have it.
  var nanosecondsSinceEpoch: Int64 { seconds * 1_000_000_000 + Int64(nanoseconds) }
}
