import Metrics
import Records

/// ``Summary`` in a simple way: every record is read field by field.
struct SummaryModel {
  private struct Field {
    let key: String
    var last: [UInt8]
    var sum: ExactDecimal?
    var least: ExactDecimal?
    var greatest: ExactDecimal?
    var count = 1
  }

  private struct Period {
    let meter: String
    let start: Int64
    var fields: [Field] = []
  }

  let seconds: Int64
  let withExtremes: Bool
  private var periods: [Period] = []
  private var past: [String: Set<Record>] = [:]
  private var last: [String: Record] = [:]
  private(set) var records: [Record] = []

  init(every seconds: Int, withExtremes: Bool) {
    self.seconds = Int64(seconds)
    self.withExtremes = withExtremes
  }

  /// Adds the records of a telegram.
  mutating func add(_ telegram: [Record]) {
    var times: [String: Timestamp] = [:]
    for record in telegram { add(record, after: &times) }
  }

  /// - Parameter times: of the last record of each meter in the telegram.
  private mutating func add(_ record: Record, after times: inout [String: Timestamp]) {
    let fields = SummaryModel.fields(of: record)
    guard let timestamp = record.timestamp else { return records.append(record) }
    let metrics = fields.filter { RecordKey(rawValue: $0.key) == nil }
    let meter = ["meter", "channel"].map { name in
      fields.first { $0.key == name }.map { String(decoding: $0.last, as: UTF8.self) } ?? ""
    }.joined(separator: "\n")
    let isOfThePast = metrics.allSatisfy { MetricTable.isOfThePast($0.key.utf8.span) }
    if !metrics.isEmpty && isOfThePast || times[meter].map({ timestamp < $0 }) ?? false {
      if past[meter, default: []].insert(record).inserted { records.append(record) }
      return
    }
    times[meter] = timestamp
    let hasMeans = fields.contains { MetricTable.isInstantaneous($0.key.utf8.span) }
    if !hasMeans, last[meter] == record, !periods.contains(where: { $0.meter == meter }) { return }
    let start = timestamp.seconds - timestamp.seconds % seconds
    func isOver(_ period: Period) -> Bool {
      period.start + seconds <= timestamp.seconds || period.meter == meter && period.start != start
    }
    let ended = periods.filter(isOver)
    periods.removeAll(where: isOver)
    for period in ended { end(period) }
    let index = periods.firstIndex { $0.meter == meter } ?? periods.count
    if index == periods.count { periods.append(Period(meter: meter, start: start)) }
    for field in fields { SummaryModel.add(field, to: &periods[index]) }
  }

  mutating func finish() {
    for period in periods { end(period) }
    periods = []
  }

  private static func fields(of record: Record) -> [Field] {
    var fields: [Field] = []
    record.forEachField { key, value in
      let number = MetricTable.isInstantaneous(key) ? ExactDecimal(value) : nil
      fields.append(
        Field(
          key: String(decoding: [UInt8](key), as: UTF8.self), last: [UInt8](value), sum: number,
          least: number, greatest: number))
    }
    return fields
  }

  private static func add(_ new: Field, to period: inout Period) {
    guard let index = period.fields.firstIndex(where: { $0.key == new.key }) else {
      return period.fields.append(new)
    }
    var field = period.fields[index]
    field.last = new.last
    field.sum = field.sum.flatMap { sum in new.sum.flatMap(sum.adding) }
    if let value = new.sum, let least = field.least, let greatest = field.greatest {
      field.least = min(least, value)
      field.greatest = max(greatest, value)
    }
    field.count += 1
    period.fields[index] = field
  }

  private mutating func end(_ period: Period) {
    var text = ""
    for field in period.fields {
      let last = String(decoding: field.last, as: UTF8.self)
      guard let sum = field.sum, let least = field.least, let greatest = field.greatest else {
        text += "\(field.key)=\(last)\n"
        continue
      }
      text += "\(field.key)="
      text += field.count == 1 ? last : sum.divided(by: field.count, places: 3).description
      text += "\n"
      guard withExtremes else { continue }
      let stem = field.key.hasSuffix("_kw") ? String(field.key.dropLast(3)) : field.key
      let unit = field.key.hasSuffix("_kw") ? "_kw" : ""
      text += "\(stem)_min\(unit)=\(least)\n\(stem)_max\(unit)=\(greatest)\n"
    }
    guard let record = Record(Array(text.utf8)), last[period.meter] != record else { return }
    past[period.meter] = nil
    last[period.meter] = record
    records.append(record)
  }
}
