import Metrics
import Records

/// The short way from a telegram to its records, for one that is like another before but for its
/// digits: ``TelegramTemplate``. The tests hold it equal to the way line by line.
extension TelegramParser {
  /// Adds the records of a telegram of a known shape.
  ///
  /// - Returns: what the meter's clock says, if anything; nil where the telegram has no known shape.
  mutating func fillTemplate(
    with telegram: Span<UInt8>, receivedAt: Timestamp?, into writer: inout RecordWriter
  ) -> Timestamp?? {
    let filled = templates.first { template in
      template.fill(with: telegram, receivedAt: receivedAt)
        ? (template.records, template.recordCount, template.findings, template.clockInstant) : nil
    }
    guard let (records, count, findings, clockInstant) = filled else { return nil }
    writer.add(written: records, count: count)
    self.findings = findings
    return .some(clockInstant)
  }

  /// Makes a template of the telegram that was just read.
  ///
  /// - Parameters:
  ///   - telegram: that telegram.
  ///   - receivedAt: when it came.
  ///   - start: where its records begin in what was written.
  ///   - count: how many they are.
  ///   - writer: what they were written to.
  mutating func makeTemplate(
    of telegram: Span<UInt8>, receivedAt: Timestamp?, from start: Int, _ count: Int,
    in writer: RecordWriter
  ) {
    // The net power is of more than one number, and such a time of more than its digits.
    guard !options.addsNetPower, !isReadByReceipt, let main = drafts.drafts.first else { return }
    var template = TelegramTemplate(
      of: telegram, writer.text.span.extracting(start...), count, findings,
      hasReceipt: receivedAt != nil, clock: clock)
    // The checksum is the framer's.
    template.ignoreBytes(behind: layout.end)
    let prefersReceipt = options.timeSource == .receipt
    for draft in drafts.drafts where draft.isMeasured {
      guard let place = draft.place else { return }
      for number in draft.fields.copiedValues {
        template.move(number, of: telegram, to: place.field(number.start) - start)
      }
      if let source = draft.timeRange, let timestamp = draft.timestamp {
        for copy in draft.timestampCopies {
          template.move(instantAt: source, timestamp, of: telegram, to: place.field(copy) - start)
        }
      }
      let target = place.timestamp - start
      if let own = draft.slot == .main ? nil : draft.timestamp {
        // One without a source is made of bytes that have to stay.
        if let source = draft.timeRange {
          template.move(instantAt: source, own, of: telegram, to: target)
        }
      } else if let receivedAt, prefersReceipt || main.timestamp == nil {
        template.move(instantAt: nil, receivedAt, of: telegram, to: target)
      } else if let source = main.timeRange, let timestamp = main.timestamp {
        template.move(instantAt: source, timestamp, of: telegram, to: target)
      }
    }
    if let source = main.timeRange, let timestamp = main.timestamp {
      template.noteClock(at: source, timestamp, of: telegram)
    }
    for (line, rule) in zip(layout.lines, rules) where isUnread(line, rule) {
      for group in layout.groups(of: line)
      // Behind a line feed, digits can make a code, and so another line.
      where telegram.extracting(group).firstIndex(of: UInt8(ascii: "\n")) == nil {
        template.ignoreDigits(in: group)
      }
    }
    for (line, rule) in zip(layout.lines, rules) where isDecisive(line, rule) {
      template.hold(line.range, of: telegram)
    }
    for line in heldLines { template.hold(line, of: telegram) }
    templates.add(template)
  }

  /// Whether nothing depends on what stands in the parentheses of a line.
  private func isUnread(_ line: TelegramLayout.Line, _ rule: Specification.Rule) -> Bool {
    guard case .unknown = rule.reading else { return false }
    return !options.includesUnknown && !isDecisive(line, rule)
  }

  /// Whether a line says who, when or in what version, and so decides about others; but for the time
  /// that its record has, which is known to the template.
  private func isDecisive(_ line: TelegramLayout.Line, _ rule: Specification.Rule) -> Bool {
    if MeterVersion.isSaid(by: line.code) { return true }
    guard rule.isOfIdentity else { return false }
    guard let time = drafts.timeRange(of: rule.slot) else { return true }
    return !(line.range.lowerBound <= time.lowerBound && time.upperBound <= line.range.upperBound)
  }
}
