import Metrics
import Records

/// The records of a telegram while its lines are read: that of the electricity meter, then those of
/// the sub-meters on the M-Bus, each where its channel was first spoken of, then the history.
struct RecordDrafts {
  private var drafts: [RecordDraft] = []

  /// Begins a new telegram.
  mutating func begin() {
    drafts.removeAll(keepingCapacity: true)
    drafts.append(RecordDraft(channel: 0))
  }

  /// The record that a line with this code belongs to.
  subscript(code: OBISCode) -> RecordDraft {
    mutating get { drafts[index(of: code)] }
    _modify {
      let index = index(of: code)
      yield &drafts[index]
    }
  }

  /// Adds a number to the record of its line, its decimal point moved.
  ///
  /// - Returns: false where it is no number.
  mutating func add(
    _ key: [UInt8], number: Span<UInt8>, timesTenToThe exponent: Int = 0, of code: OBISCode
  ) -> Bool {
    let index = index(of: code)
    let isAdded = drafts[index].fields.add(key.span, number: number, timesTenToThe: exponent)
    noteMeasured(index, isAdded)
    return isAdded
  }

  /// Adds a text to the record of its line; an empty one is none.
  mutating func add(_ key: [UInt8], text: [UInt8], of code: OBISCode) {
    guard !text.isEmpty else { return }
    let index = index(of: code)
    drafts[index].fields.add(key.span, text: text.span)
    noteMeasured(index, true)
  }

  /// Adds a record of the electricity meter's past.
  mutating func add(_ key: [UInt8], number: Span<UInt8>, at instant: Timestamp) {
    var draft = RecordDraft(channel: 0)
    draft.timestamp = instant
    draft.isMeasured = draft.fields.add(key.span, number: number)
    drafts.append(draft)
  }

  /// Writes the records in which anything was measured.
  ///
  /// - Parameters:
  ///   - receivedAt: the instant of those that the telegram gives none.
  ///   - writer: what they are added to.
  func write(_ receivedAt: Timestamp?, to writer: inout RecordWriter) {
    guard let main = drafts.first else { return }
    for draft in drafts where draft.isMeasured {
      writer.add(
        timestamp: draft.timestamp ?? main.timestamp ?? receivedAt,
        meter: draft.channel == 0 ? main.meter : draft.meter, draft.fields)
    }
  }

  /// Whatever the electricity meter says was measured; of a sub-meter only its reading was.
  private mutating func noteMeasured(_ index: Int, _ isAdded: Bool) {
    if index == 0, isAdded { drafts[index].isMeasured = true }
  }

  private mutating func index(of code: OBISCode) -> Int {
    let channel = code.isSubmeter ? code.channel : 0
    if let index = drafts.firstIndex(where: { $0.channel == channel }) { return index }
    drafts.append(RecordDraft(channel: channel))
    return drafts.count - 1
  }
}
