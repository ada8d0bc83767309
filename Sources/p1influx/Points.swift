import Records

/// The points of a record in line protocol, and where in them stands what came from it digit by
/// digit: its numbers and its time. ``become(those:)`` makes them those of another record.
struct Points {
  /// The points, each ended by a line feed.
  var text: [UInt8] = []

  /// The records whose points differ from these in nothing but numbers and time.
  private(set) var shape: ByteRanges
  /// The numbers, which have the same bytes in the record and in the points.
  private(set) var numbers: [ByteCopy] = []
  /// The time as the points have it, its digits, and where these stand in the points.
  var time: Int64
  var timeDigits: [UInt8]
  private(set) var times: [ByteCopy] = []

  /// Whether there can be another record with these points but for its digits.
  let canBecomeOthers: Bool

  /// The points of a record; nil where it has no timestamp.
  init?(of record: Record, _ style: PointStyle) {
    guard let timestamp = record.range(of: .timestamp), let instant = record.timestamp else {
      return nil
    }
    time = style.precision.time(of: instant)
    canBecomeOthers = style.precision.movableTimes.contains(time)
    timeDigits = [UInt8]("\(time)".utf8)
    shape = ByteRanges(record.text.span)
    if canBecomeOthers { shape.allowDigits(in: timestamp) }
    let tags = Points.tags(of: record) + style.tags
    var start = 0
    while let (key, value) = record.field(from: start) {
      start = value.upperBound + 1
      let name = record.text[key]
      guard !RecordKey.isReserved(name.span) else { continue }
      switch style.layout {
      case .wide:
        let isFirst = text.isEmpty
        if isFirst { text += style.measurement + tags }
        text.append(UInt8(ascii: isFirst ? " " : ","))
        text += name
        if name.span == Points.keptName { text += Points.ending.utf8 }
        text.append(UInt8(ascii: "="))
        addValue(at: value, of: name.span, in: record)
      case .metric:
        text += name + tags + " value=".utf8
        addValue(at: value, of: name.span, in: record)
        endPoint()
      }
    }
    if style.layout == .wide, !text.isEmpty { endPoint() }
  }

  /// InfluxDB keeps this name for itself, and would leave the field out without a word.
  private static let keptName = "time"
  /// What the field is called instead ends in this.
  private static let ending = "_value"

  /// The metric that a field of the wide layout has the name of.
  static func metric(ofField name: String) -> String {
    name == keptName + ending ? keptName : name
  }

  private mutating func endPoint() {
    text.append(UInt8(ascii: " "))
    times.append(ByteCopy(source: 0, target: text.count, count: timeDigits.count))
    text += timeDigits
    text.append(UInt8(ascii: "\n"))
  }

  private mutating func addValue(at range: Range<Int>, of key: Span<UInt8>, in record: Record) {
    let value = record.text[range]
    guard let number = DecimalText(value.span, ofMetric: key) else {
      text.append(UInt8(ascii: "\""))
      PointStyle.append(Escape.decode(value.span), escaping: PointStyle.specialInText, to: &text)
      text.append(UInt8(ascii: "\""))
      return
    }
    let place = text.count
    number.append(from: value.span, to: &text)
    // A number that lost its leading zeros, or the like, has its digits elsewhere.
    guard text[place...] == value else { return }
    numbers.append(ByteCopy(source: range.lowerBound, target: place, count: range.count))
    shape.allowDigits(in: range)
    // A zero before other digits would be lost.
    let first = value.first == UInt8(ascii: "-") ? range.lowerBound + 1 : range.lowerBound
    if first + 1 < range.upperBound, record.text[first + 1].decimalDigit != nil {
      shape.allow(UInt8(ascii: "1")...UInt8(ascii: "9"), at: first)
    }
  }

  private static func tags(of record: Record) -> [UInt8] {
    var tags: [UInt8] = []
    for key in [RecordKey.meter, .channel] {
      guard let value = record.value(of: key) else { continue }
      var tag = Escape.decode(value.span)
      // A backslash at its end would escape what follows, and cannot be escaped itself.
      while tag.last == UInt8(ascii: "\\") { tag.removeLast() }
      guard !tag.isEmpty else { continue }
      tags += ",\(key.rawValue)=".utf8
      PointStyle.append(tag, escaping: PointStyle.specialInTag, to: &tags)
    }
    return tags
  }
}
