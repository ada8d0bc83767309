import Metrics
import Records

/// Making and filling templates: KnownShapes.swift.
extension TelegramParser {
  /// Writes the records of a telegram of a known shape.
  ///
  /// - Returns: nil if the telegram has no known shape, else its number, and the telegram's time, if it has one.
  mutating func fillTemplate(
    with telegram: Span<UInt8>, receivedAt: Timestamp?, into writer: inout RecordWriter
  ) -> (shape: Int, ownTime: Timestamp?)? {
    let filled = templates.first { template in
      template.fill(with: telegram, receivedAt: receivedAt)
        ? (
          template.number, template.records, template.recordCount, template.findings,
          template.ownTime
        ) : nil
    }
    guard let (number, records, count, findings, ownTime) = filled else { return nil }
    writer.add(written: records, count: count)
    self.findings = findings
    return (number, ownTime)
  }

  /// Makes a template of the telegram that was just read on the slow path.
  ///
  /// - Parameters:
  ///   - start: the start of its records in the writer's text.
  ///   - count: the number of its records.
  mutating func makeTemplate(
    of telegram: Span<UInt8>, receivedAt: Timestamp?, from start: Int, _ count: Int,
    in writer: RecordWriter
  ) {
    guard !timeDependsOnReceipt, let main = drafts.records.first else { return }
    templateCount += 1
    var template = TelegramTemplate(
      number: templateCount, of: telegram, writer.text.span.extracting(start...), count, findings,
      hasReceipt: receivedAt != nil, timeZone: timeZone)
    // The framer verifies the checksum.
    template.ignoreBytes(behind: layout.end)
    for draft in drafts.records where draft.isMeasured {
      guard let place = draft.writtenPlace else { return }
      writeFields(of: draft, from: telegram, into: &template) { place.field($0) - start }
      writeTimestamp(
        of: draft, main, receivedAt, from: telegram, into: &template, at: place.timestamp - start)
    }
    if let source = main.timestampRange, let timestamp = main.timestamp {
      template.readOwnTime(at: source, timestamp, of: telegram)
    }
    limitDigits(of: telegram, in: &template)
    templates.add(template)
  }

  /// - Parameter target: the place in the template's records of an offset in the draft's fields.
  private func writeFields(
    of draft: RecordDraft, from telegram: Span<UInt8>, into template: inout TelegramTemplate,
    at target: (Int) -> Int
  ) {
    for number in draft.fields.copiedValues {
      template.copyDigits(of: number, in: telegram, to: target(number.start))
    }
    for (numbers, range) in draft.fields.differences {
      template.writeNetPower(numbers, count: range.count, to: target(range.lowerBound))
    }
    guard let source = draft.timestampRange, let timestamp = draft.timestamp else { return }
    for copy in draft.timestampCopies {
      template.writeInstant(at: source, timestamp, of: telegram, to: target(copy))
    }
  }

  /// - Parameter main: the draft of the electricity meter.
  private func writeTimestamp(
    of draft: RecordDraft, _ main: RecordDraft, _ receivedAt: Timestamp?,
    from telegram: Span<UInt8>, into template: inout TelegramTemplate, at target: Int
  ) {
    if let own = draft.channel == .main ? nil : draft.timestamp {
      // The bytes of a timestamp without a place are fixed.
      if let source = draft.timestampRange {
        template.writeInstant(at: source, own, of: telegram, to: target)
      }
    } else if let receivedAt, options.timeSource == .receipt || main.timestamp == nil {
      template.writeInstant(at: nil, receivedAt, of: telegram, to: target)
    } else if let source = main.timestampRange, let timestamp = main.timestamp {
      template.writeInstant(at: source, timestamp, of: telegram, to: target)
    }
  }

  /// Allows any digit in lines that are not read, and fixes those in lines that decide about others.
  private func limitDigits(of telegram: Span<UInt8>, in template: inout TelegramTemplate) {
    for (line, rule) in zip(layout.lines, rules) where isIgnored(line, rule) {
      for group in layout.groups(of: line)
      // After a line feed, other digits could make an OBIS code, and so another line.
      where telegram.extracting(group).firstIndex(of: UInt8(ascii: "\n")) == nil {
        template.ignoreDigits(in: group)
      }
    }
    for (line, rule) in zip(layout.lines, rules) where decidesAboutOtherLines(line, rule) {
      template.fix(line.range, of: telegram)
    }
    for line in fixedLines { template.fix(line, of: telegram) }
  }

  /// Whether nothing depends on the groups of a line.
  private func isIgnored(_ line: TelegramLayout.Line, _ rule: LineRule) -> Bool {
    guard case .unknown = rule.reading else { return false }
    return !options.includesUnknown && !decidesAboutOtherLines(line, rule)
  }

  /// Whether other lines depend on a line: it prints a number, a time, a device type or the version.
  /// Not if its time is the timestamp of its record, which the template reads again.
  private func decidesAboutOtherLines(_ line: TelegramLayout.Line, _ rule: LineRule) -> Bool {
    if MeterVersion.isDeclared(by: line.code) { return true }
    guard rule.isReadForIdentity else { return false }
    guard let time = drafts.timestampRange(of: rule.channel) else { return true }
    return !(line.range.lowerBound <= time.lowerBound && time.upperBound <= line.range.upperBound)
  }
}
