import Metrics
import Records

/// The short way from a telegram to its records, for one that is like another before but for its
/// digits: ``TelegramTemplate``. The tests hold it equal to the way line by line.
extension TelegramParser {
  /// Adds the records of a telegram of a known shape.
  ///
  /// - Returns: whether it has one.
  mutating func fillTemplate(
    with telegram: Span<UInt8>, receivedAt: Timestamp?, into writer: inout RecordWriter
  ) -> Bool {
    let filled = templates.first { template in
      template.fill(with: telegram, receivedAt: receivedAt)
        ? (records: template.records, findings: template.findings) : nil
    }
    guard let filled else { return false }
    writer.add(written: filled.records)
    findings = filled.findings
    return true
  }

  /// Makes a template of the telegram that was just read.
  ///
  /// - Parameters:
  ///   - telegram: that telegram.
  ///   - receivedAt: when it came.
  ///   - start: where its records begin in what was written.
  ///   - writer: what they were written to.
  mutating func makeTemplate(
    of telegram: Span<UInt8>, receivedAt: Timestamp?, from start: Int, in writer: RecordWriter
  ) {
    // The net power is of more than one number.
    guard !options.addsNetPower, let main = drafts.drafts.first else { return }
    var template = TelegramTemplate(
      of: telegram, writer.text.span.extracting(start...), findings,
      hasReceipt: receivedAt != nil, clock: options.clock)
    // The checksum is the framer's.
    template.ignoreBytes(behind: layout.end)
    for draft in drafts.drafts where draft.isMeasured {
      guard let place = draft.place else { return }
      for number in draft.fields.numbers {
        template.move(number, of: telegram, to: place.field(number.start) - start)
      }
      if let source = draft.timeRange, let timestamp = draft.timestamp {
        for copy in draft.timestampCopies {
          template.move(instantAt: source, timestamp, to: place.field(copy) - start)
        }
      }
      if let timestamp = draft.timestamp ?? main.timestamp {
        let source = draft.timestamp == nil ? main.timeRange : draft.timeRange
        // One without a source is made of bytes that have to stay.
        if let source { template.move(instantAt: source, timestamp, to: place.timestamp - start) }
      } else if let receivedAt {
        template.move(instantAt: nil, receivedAt, to: place.timestamp - start)
      }
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
