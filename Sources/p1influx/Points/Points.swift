import Records

/// The points of a record in line protocol, with the places of its numbers and its time in them.
/// ``become(those:_:)`` replaces only these digits, to make the points of another record.
struct Points {
  /// The points, each ended by a line feed.
  private(set) var text: [UInt8] = []

  /// Matches the records whose points differ from these only in the digits of numbers and time.
  private var shape: ByteRanges
  /// The numbers, which have the same bytes in the record and in the points.
  private var numbers: [ByteCopy] = []
  /// The time in the unit of the points, its digits, and the places of these in the points.
  private var time: Int64
  private var timeDigits: [UInt8]
  private var times: [ByteCopy] = []

  /// Whether another record can have the same points but for digits.
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
        if name.span == Points.reservedName { text += Points.suffix.utf8 }
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

  /// Makes these the points of another record of the same shape, which takes a fraction of the time of
  /// making points anew.
  ///
  /// - Returns: false, and changes nothing, where the record has another shape.
  mutating func become(those: Record, _ precision: Precision) -> Bool {
    let source = those.text.span
    guard source.count == shape.count, shape.matchesPrefix(of: source),
      let time = those.timestamp.map(precision.time), precision.movableTimes.contains(time)
    else {
      return false
    }
    if time != self.time {
      self.time = time
      timeDigits.write(Int(time))
      let digits = timeDigits
      text.apply(times, from: digits.span)
    }
    text.apply(numbers, from: source)
    return true
  }

  /// InfluxDB silently drops a field of this name, so ``suffix`` is appended to it.
  private static let reservedName = "time"
  private static let suffix = "_value"

  /// The metric of a field of the wide layout.
  static func metric(ofField name: String) -> String {
    name == reservedName + suffix ? reservedName : name
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
    // Where leading zeros were removed, other records have their digits at other places.
    guard text[place...] == value else { return }
    numbers.append(ByteCopy(source: range.lowerBound, target: place, count: range.count))
    shape.allowDigits(in: range)
    // A leading zero would be removed, so the first of several digits must not be one.
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
      // A backslash at the end would escape the next character, and cannot be escaped itself.
      while tag.last == UInt8(ascii: "\\") { tag.removeLast() }
      guard !tag.isEmpty else { continue }
      tags += ",\(key.rawValue)=".utf8
      PointStyle.append(tag, escaping: PointStyle.specialInTag, to: &tags)
    }
    return tags
  }
}
