import Metrics
import Records

/// The records of a telegram while its lines are read: that of the electricity meter, then those of
/// the sub-meters, each where it was first spoken of, then those of the past.
struct RecordDrafts {
  private(set) var drafts: [RecordDraft] = []
  private var past: [RecordDraft] = []

  /// Begins a new telegram.
  mutating func begin() {
    drafts.removeAll(keepingCapacity: true)
    past.removeAll(keepingCapacity: true)
    drafts.append(RecordDraft(.main))
  }

  /// The record of a slot.
  subscript(slot: RecordDraft.Slot) -> RecordDraft {
    mutating get { drafts[index(of: slot)] }
    _modify {
      let index = index(of: slot)
      yield &drafts[index]
    }
  }

  /// Where in the telegram the instant of a record stands; nil where it has none.
  func timeRange(of slot: RecordDraft.Slot) -> Range<Int>? {
    drafts.first { $0.slot == slot && $0.timestamp != nil }?.timeRange
  }

  /// Adds a number to a record, its decimal point moved.
  ///
  /// - Parameters:
  ///   - key: what it is called.
  ///   - number: its text.
  ///   - exponent: how far the decimal point moves to the right.
  ///   - source: where in the telegram it begins, if other digits there would only make another
  ///     number of it.
  ///   - slot: which record.
  /// - Returns: false where it is no number.
  mutating func add(
    _ key: [UInt8], number: Span<UInt8>, timesTenToThe exponent: Int = 0,
    from source: Int? = nil, in slot: RecordDraft.Slot
  ) -> Bool {
    let index = index(of: slot)
    let isAdded = drafts[index].fields.add(
      key.span, number: number, timesTenToThe: exponent, from: source)
    if isAdded { noteMeasured(index) }
    return isAdded
  }

  /// Adds a text to a record.
  mutating func add(_ key: [UInt8], text: [UInt8], in slot: RecordDraft.Slot) {
    let index = index(of: slot)
    drafts[index].fields.add(key.span, text: text.span)
    noteMeasured(index)
  }

  /// Adds a record of the past, if anything was measured then.
  mutating func add(past draft: RecordDraft) {
    if draft.isMeasured { past.append(draft) }
  }

  /// Writes the records in which anything was measured.
  ///
  /// - Parameters:
  ///   - receivedAt: the instant of those that the telegram gives none.
  ///   - prefersReceipt: whether the record of the electricity meter has it in any case.
  ///   - writer: what they are added to.
  /// - Returns: whether each of them has an instant.
  mutating func write(
    _ receivedAt: Timestamp?, preferringReceipt prefersReceipt: Bool, to writer: inout RecordWriter
  ) -> Bool {
    let main = drafts[0].timestamp
    let instant = prefersReceipt ? receivedAt ?? main : main ?? receivedAt
    var isTimed = true
    for index in drafts.indices where drafts[index].isMeasured {
      let draft = drafts[index]
      let timestamp = index == 0 ? instant : draft.timestamp ?? instant
      isTimed = isTimed && timestamp != nil
      drafts[index].place = writer.add(timestamp: timestamp, meter: draft.meter, draft.fields)
    }
    for draft in past {
      let meter = drafts.first { $0.slot == draft.slot }?.meter
      writer.add(timestamp: draft.timestamp, meter: meter, draft.fields)
    }
    return isTimed
  }

  /// Whatever the electricity meter says was measured; of a sub-meter only its reading was.
  private mutating func noteMeasured(_ index: Int) {
    if index == 0 { drafts[index].isMeasured = true }
  }

  private mutating func index(of slot: RecordDraft.Slot) -> Int {
    if let index = drafts.firstIndex(where: { $0.slot == slot }) { return index }
    drafts.append(RecordDraft(slot))
    return drafts.count - 1
  }
}
