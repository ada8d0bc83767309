import Records
import SystemPackage
import TestValues
import Testing

@testable import Delivery

@Suite struct SpoolTests {
  private let start = ContinuousClock.now
  private let disk: ModelDisk
  /// Segments of 4 KiB.
  private let limits = SpoolLimits(capacity: 32 << 10, memory: 16 << 10, sync: .seconds(5))

  init() {
    disk = ModelDisk(at: start)
  }

  private func open() throws -> Spool { try Spool(disk, limits, at: disk.now) }

  private var segmentNames: [String] { disk.fileNames.filter { !$0.hasPrefix("bad/") } }

  /// The contents of `bad/`.
  private var bad: [UInt8] {
    disk.fileNames.filter { $0.hasPrefix("bad/") }.flatMap { disk.text($0) ?? [] }
  }

  // MARK: - In and out

  @Test func recordsComeInOrderAndGoWhenAcknowledged() throws {
    var spool = try open()
    #expect(spool.isEmpty && spool.first == 0 && spool.end == 0 && spool.oldestSince == nil)
    #expect(spool.batch(from: 0, count: 10, size: 1000).records == [])
    spool.fill(0..<5, at: start)
    #expect(spool.count == 5 && spool.oldestSince == start)
    let batch = spool.batch(from: 0, count: 3, size: .max)
    #expect(batch.first == 0 && batch.end == 3)
    #expect(batch.records == (0..<3).map { Record.numbered($0) })
    // A batch removes nothing.
    #expect(spool.batch(from: 0, count: 3, size: .max) == batch)
    let next = spool.batch(from: batch.end, count: 10, size: .max)
    #expect(next.first == 3 && next.records.map(\.number) == [3, 4])
    spool.remove(before: batch.end, rejected: 0)
    #expect(spool.count == 2 && spool.first == 3 && spool.counts.delivered == 3)
    #expect(spool.batch(from: 0, count: 10, size: .max) == next)
    // A second acknowledgement changes nothing.
    spool.remove(before: 2, rejected: 0)
    #expect(spool.count == 2)
    spool.remove(before: .max, rejected: 0)
    #expect(spool.isEmpty && spool.first == 5 && spool.end == 5)
    #expect(spool.counts.read == 5 && spool.counts.delivered == 5)
    #expect(spool.counts.dropped == 0 && spool.counts.rejected == 0)
    spool.fill(5..<6, at: start)
    #expect(spool.batch(from: 0, count: 10, size: .max).first == 5)
    #expect(spool.takeEvents() == [])
  }

  @Test func batchesAreOfSoManyRecordsAndBytes() throws {
    var spool = try open()
    spool.fill(0..<60, length: 200, at: start)
    let length = Record.numbered(10, length: 200).text.count
    for restarts in [false, true] {
      if restarts { spool = try open() }
      #expect(spool.batch(from: 0, count: 0, size: .max).records == [])
      #expect(spool.batch(from: 0, count: 1, size: .max).records.count == 1)
      #expect(spool.batch(from: 0, count: 33, size: .max).records.count == 33)
      #expect(spool.batch(from: 10, count: 99, size: 3 * length).records.count == 3)
      #expect(spool.batch(from: 10, count: 99, size: 3 * length - 1).records.count == 2)
      // A single record may be larger than the batch.
      #expect(spool.batch(from: 10, count: 99, size: 1).records.count == 1)
      let far = spool.batch(from: 50, count: 99, size: .max)
      #expect(far.first == 50 && far.records.map(\.number) == Array(50..<60))
    }
    #expect(spool.drainNumbers() == Array(0..<60))
  }

  @Test(arguments: [1, 7, 1000]) func orderIsThatOfTheAdding(_ count: Int) throws {
    var spool = try Spool(
      disk, SpoolLimits(capacity: 1 << 20, memory: 16 << 20, sync: .seconds(5)), at: start)
    spool.fill(0..<1000, length: 100, at: start)
    // Only some of the records are in memory.
    #expect(spool.drainNumbers(count) == Array(0..<1000))
    #expect(spool.isEmpty && spool.counts.delivered == 1000)
  }

  @Test func recordThatIsNotStoredYetIsThereAlready() throws {
    var spool = try open()
    spool.add(.numbered(0), at: start)
    #expect(spool.unkeptCount > 0 && disk.count(.write) == 0)
    #expect(spool.drainNumbers() == [0])
    spool.store(at: start)
    // The acknowledgement came before the write.
    #expect(disk.count(.write) == 0 && spool.unkeptCount == 0)
    for number in 1..<5 { spool.add(.numbered(number), at: start) }
    let batch = spool.batch(from: spool.first, count: 2, size: .max)
    spool.store(at: start)
    #expect(disk.count(.write) == 1 && spool.unkeptCount == 0)
    #expect(spool.batch(from: spool.first, count: 2, size: .max) == batch)
    #expect(spool.drainNumbers() == [1, 2, 3, 4])
  }

  @Test func recordsMayGoUnseen() throws {
    var spool = try open()
    spool.fill(0..<100, length: 100, at: start)
    spool.close(at: start)
    spool = try open()
    spool.remove(before: 40, rejected: 0)
    #expect(spool.count == 60)
    #expect(spool.drainNumbers() == Array(40..<100))
  }

  @Test func longestRecordIsTaken() throws {
    var spool = try open()
    let length = RecordReader.maximumRecordLength - 7
    #expect(Record.numbered(0, length: length).text.count == RecordReader.maximumRecordLength)
    spool.fill(0..<3, length: length, at: start)
    #expect(spool.counts.dropped == 2)
    spool.close(at: start)
    spool = try open()
    #expect(spool.takeEvents() == [.found(1)])
    #expect(spool.drainNumbers() == [2])
  }

  // MARK: - Segments

  @Test func segmentsGoWithTheirLastRecord() throws {
    var spool = try open()
    spool.fill(0..<100, length: 100, at: start)
    let names = segmentNames
    #expect((3...4).contains(names.count) && names.first == "0000000000000001")
    var left = names.count
    while !spool.isEmpty {
      let number = spool.batch(from: spool.first, count: 1, size: 1).end
      spool.remove(before: number, rejected: 0)
      #expect((left - 1...left).contains(segmentNames.count))
      left = segmentNames.count
    }
    // The last segment stays for new records, but is emptied.
    #expect(segmentNames == names.suffix(1) && spool.size == 0)
    #expect(disk.text(names[names.count - 1]) == [])
    spool.fill(100..<101, at: start)
    #expect(segmentNames == names.suffix(1))
    #expect(spool.drainNumbers() == [100])
    spool.close(at: start)
    #expect(disk.fileNames == [] && disk.openCount == 0 && disk.count(.sync) == 0)
  }

  /// One acknowledgement at the end of a backlog covers parts of two segments.
  @Test(arguments: [true, false]) func segmentsGoTogether(_ canEmpty: Bool) throws {
    var spool = try open()
    spool.fill(0..<50, length: 100, at: start)
    #expect(segmentNames.count == 2)
    if !canEmpty { disk.broken[.truncate] = .ioError }
    #expect(spool.drainNumbers(100) == Array(0..<50))
    #expect(segmentNames.allSatisfy { disk.text($0) == [] } && spool.size == 0)
    #expect(segmentNames.count == (canEmpty ? 1 : 0))
    // The emptied segment must not give the next record an old number.
    spool.fill(50..<52, at: start)
    #expect(spool.drainNumbers() == [50, 51])
    spool.close(at: start)
    #expect(disk.fileNames == [] && disk.openCount == 0)
  }

  /// Records that were acknowledged before they were written leave no gap in the emptied segment.
  @Test func emptySegmentTakesWhateverComesNext() throws {
    var spool = try open()
    spool.fill(0..<1, at: start)
    #expect(spool.drainNumbers() == [0])
    spool.add(.numbered(1), at: start)
    #expect(spool.drainNumbers() == [1])
    spool.fill(2..<3, at: start)
    #expect(segmentNames == ["0000000000000001"] && disk.count(.create) == 1)
    spool.close(at: start)
    spool = try open()
    #expect(spool.drainNumbers() == [2])
  }

  @Test func segmentEndsByItsAgeOnceSomeOfItCouldGo() throws {
    var spool = try open()
    spool.fill(0..<3, at: start)
    let late = start + .seconds(10)
    spool.attend(late)
    spool.fill(3..<4, at: late)
    #expect(segmentNames.count == 1)
    spool.remove(before: 1, rejected: 0)
    spool.attend(late)
    spool.fill(4..<5, at: late)
    #expect(segmentNames == ["0000000000000001", "0000000000000002"])
    spool.remove(before: 4, rejected: 0)
    #expect(segmentNames == ["0000000000000002"])
    #expect(spool.drainNumbers() == [4])
    #expect(spool.deadline == nil)
  }

  @Test func segmentThatCannotBeRemovedIsTriedAgain() throws {
    var spool = try open()
    spool.fill(0..<100, length: 100, at: start)
    disk.broken[.remove] = .ioError
    let count = segmentNames.count
    #expect(spool.drainNumbers() == Array(0..<100))
    #expect(segmentNames.count == count)
    disk.broken = [:]
    spool.close(at: start)
    #expect(disk.fileNames == [])
  }

  // MARK: - Restart

  @Test func restartTakesOverWhatWaits() throws {
    var spool = try open()
    spool.fill(0..<50, length: 100, at: start)
    let number = spool.batch(from: 0, count: 3, size: .max).end
    spool.remove(before: number, rejected: 0)
    spool.close(at: start)
    let texts = segmentNames.map { disk.text($0) }
    disk.now = start + .seconds(100)
    spool = try open()
    // The records of a segment that still exists are sent again.
    #expect(spool.takeEvents() == [.found(50)])
    #expect(spool.count == 50 && spool.oldestSince == start)
    #expect(spool.counts == OutboxCounts())
    spool.fill(50..<60, at: disk.now)
    #expect(segmentNames.prefix(texts.count).map { disk.text($0) } == texts)
    #expect(segmentNames.count == texts.count + 1)
    #expect(spool.drainNumbers() == Array(0..<60))
    spool.close(at: disk.now)
    #expect(disk.fileNames == [])
  }

  @Test func restartMakesSureOfWhatWasNot() throws {
    var spool = try open()
    spool.fill(0..<50, length: 100, at: start)
    disk.kill()
    spool = try open()
    #expect(disk.count(.sync) == segmentNames.count && disk.count(.syncDirectories) == 1)
    #expect(disk.openCount == 0)
    // The worst result of a power failure.
    let after = ModelDisk(after: disk.unsyncedState, at: start) { .nothing }
    spool = try Spool(after, limits, at: start)
    #expect(spool.drainNumbers() == Array(0..<50))
  }

  @Test func tornTailIsKeptApart() throws {
    var spool = try open()
    spool.fill(0..<10, at: start)
    disk.kill()
    let whole = try #require(disk.text("0000000000000001"))
    disk.put(Array(whole.dropLast(3)), as: "0000000000000001")
    spool = try open()
    #expect(spool.takeEvents() == [.damaged(segment: "0000000000000001"), .found(9)])
    #expect(spool.counts.rejected == 1)
    spool.fill(10..<12, at: start)
    #expect(spool.drainNumbers() == Array(0..<9) + [10, 11])
    spool.close(at: start)
    #expect(disk.fileNames == ["bad/0000000000000001"])
    #expect(
      bad.text == """
        # segment 0000000000000001: incomplete record
        # n=9
        # x


        """)
    #expect(Record.all(in: bad) == [])
  }

  @Test func everyTornTailIsFound() throws {
    let whole = Record.stream(0..<3)
    let last = Record.numbered(2).text.count + 1
    for count in 1...last {
      let disk = ModelDisk(at: start)
      disk.put(Array(whole.dropLast(count)), as: "0000000000000007")
      var spool = try Spool(disk, limits, at: start)
      #expect(spool.drainNumbers() == [0, 1], "without \(count) bytes")
      #expect(spool.counts.rejected == (count == last ? 0 : 1))
    }
  }

  @Test(arguments: ["no key", "=", "\0\0\0\0", "x=1\0\0\0\0\0\0y=2", "k ey=2"])
  func damageInTheMiddleIsKeptApart(_ damage: String) throws {
    let before = Record.stream(0..<5)
    let damaged = Record.numbered(5).text + damage.bytes + [10, 10]
    let after = Record.stream(6..<9)
    disk.put(before + damaged + after, as: "0000000000000003")
    disk.put(Record.stream([9]), as: "0000000000000004")
    var spool = try open()
    #expect(spool.count == 9 && spool.counts.rejected == 1)
    #expect(spool.takeEvents() == [.damaged(segment: "0000000000000003"), .found(9)])
    // The whole records are written to a new file and synced.
    #expect(disk.text("0000000000000003") == before + after)
    #expect(spool.drainNumbers() == [0, 1, 2, 3, 4, 6, 7, 8, 9])
    #expect(bad.text.hasPrefix("# segment 0000000000000003: ") && Record.all(in: bad) == [])
    #expect(bad.text.contains("\n# n=5\n# x=\n# \(damage)\n"))
    // A second recovery finds no damage.
    spool.close(at: start)
    spool = try open()
    #expect(spool.isEmpty && spool.takeEvents() == [])
  }

  @Test func damageOnAFullDiskCostsNoRecord() throws {
    let before = Record.stream(0..<5)
    let after = Record.stream(6..<9)
    let text = before + "n=5\nno key\n\n".bytes + after + "n=9".bytes
    disk.put(text, as: "0000000000000003")
    disk.capacity = text.count
    var spool = try open()
    #expect(spool.count == 8)
    #expect(disk.text("0000000000000003") == text)
    #expect(spool.drainNumbers(2) == [0, 1, 2, 3, 4, 6, 7, 8])
    spool.close(at: start)
    // The segment stays, as the damaged part is in no other file.
    #expect(segmentNames == [] && bad == text)
  }

  @Test func lengthOfDamageIsNoMatter() throws {
    // The text between two long records is missing.
    let record = Record.numbered(1, length: 60_000).text
    let text = record + "y=5\n".bytes + record + "z=1\n\n".bytes + Record.stream([3])
    disk.put(text, as: "0000000000000001")
    var spool = try open()
    #expect(spool.drainNumbers() == [3])
  }

  @Test func segmentThatCannotBeReadIsKeptApart() throws {
    var spool = try open()
    spool.fill(0..<150, length: 100, at: start)
    spool.close(at: start)
    spool = try open()
    let names = segmentNames
    _ = spool.takeEvents()
    // The disk has lost a part of the second segment since recovery.
    let text = try #require(disk.text(names[1]))
    disk.put(Array(text.dropLast(text.count / 2)), as: names[1])
    let numbers = spool.drainNumbers(1)
    let lost = 150 - numbers.count
    #expect(lost > 0 && lost < 30 && spool.counts.rejected == lost)
    #expect(numbers == numbers.sorted() && numbers.last == 149 && !numbers.contains(-1))
    #expect(spool.takeEvents() == [.unreadable(segment: names[1], lost, .ioError)])
    #expect(disk.fileNames == ["bad/0000000000000001.segment"])
    #expect(Record.all(in: bad).count >= 10)
    #expect(spool.counts.delivered == numbers.count)
  }

  @Test func segmentThatIsGoneIsSaid() throws {
    var spool = try open()
    spool.fill(0..<150, length: 100, at: start)
    spool.close(at: start)
    spool = try open()
    for name in segmentNames.dropLast() { try disk.remove(name) }
    let numbers = spool.drainNumbers(1)
    #expect(numbers.last == 149 && !numbers.contains(0) && spool.isEmpty)
    #expect(spool.counts.dropped == 150 - numbers.count)
    #expect(spool.takeEvents().contains(.gone(segment: "0000000000000001", 38)))
  }

  /// Records must not be written to a file that another program has removed.
  @Test func directoryThatIsRemovedIsNoticed() throws {
    var spool = try open()
    spool.fill(0..<5, at: start)
    for name in segmentNames { try disk.remove(name) }
    spool.fill(5..<8, at: start)
    #expect(spool.takeEvents() == [.disconnected(.noSuchFileOrDirectory)])
    #expect(spool.unkeptCount == 3)
    spool.close(at: start + .seconds(1))
    // Later records are in a new file.
    #expect(spool.unkeptCount == 5 && spool.count == 8)
  }

  @Test func nobodyWaitsForWhatCannotBeRead() throws {
    var spool = try open()
    spool.fill(0..<20, at: start)
    spool.close(at: start)
    spool = try open()
    disk.broken[.read] = .ioError
    // A failed read is retried.
    for second in 1...3 {
      #expect(spool.batch(from: 0, count: 1, size: 1).records == [] && spool.count == 20)
      #expect(!spool.isAvailable && spool.deadline == start + .seconds(second))
      spool.attend(start + .seconds(second))
      #expect(spool.isAvailable)
    }
    #expect(spool.batch(from: 0, count: 1, size: 1).records == [])
    #expect(spool.isEmpty && spool.oldestSince == nil && spool.counts.rejected == 20)
    #expect(disk.fileNames == ["bad/0000000000000001.segment"])
    spool.fill(20..<22, at: start)
    #expect(spool.drainNumbers() == [20, 21])
  }

  @Test func diskThatCannotBeReadForAMomentCostsNothing() throws {
    var spool = try open()
    spool.fill(0..<150, length: 100, at: start)
    spool.close(at: start)
    spool = try open()
    for (second, errno) in [Errno.ioError, .tooManyOpenFiles, .ioError].enumerated() {
      disk.broken[.read] = errno
      #expect(spool.batch(from: 0, count: 1, size: 1).records == [])
      disk.broken = [:]
      spool.attend(start + .seconds(second + 1))
    }
    #expect(spool.drainNumbers() == Array(0..<150) && spool.counts.rejected == 0)
  }

  @Test func filesOfOthersAreLeftAlone() throws {
    let names = [
      "lock", "0000000000000001.old", "1", "00000000000000001", "notes", "-000000000000001",
    ]
    for name in names + ["bad/notes"] { disk.put("n=1\n\n".bytes, as: name) }
    disk.put("n=1\n\n".bytes, as: "0000000000000001.new")
    var spool = try open()
    #expect(spool.isEmpty)
    spool.fill(0..<3, at: start)
    #expect(spool.drainNumbers() == [0, 1, 2])
    spool.close(at: start)
    #expect(disk.fileNames == (names + ["bad/notes"]).sorted())
  }

  @Test(arguments: [
    "9999999999999999", "10000000000000000", "18446744073709551615", "9223372036854770000",
  ])
  func placesDoNotComeToAnEnd(_ name: String) throws {
    disk.put(Record.stream([1]), as: name)
    disk.put(Record.stream([0]), as: "0000000000000001")
    var spool = try open()
    spool.fill(2..<4, at: start)
    spool.close(at: start)
    spool = try open()
    #expect([[0, 1, 2, 3], [0, 2, 3]].contains(spool.drainNumbers()))
  }

  // MARK: - Bounds

  @Test func oldestSegmentGoesWhereThereIsNoRoom() throws {
    var spool = try open()
    let length = Record.timed(0).text.count + 1
    let count = 2 * limits.capacity / length
    for second in 0..<count {
      spool.add(.timed(second), at: start)
      spool.store(at: start)
    }
    let dropped = spool.counts.dropped
    #expect(dropped > 0 && spool.count + dropped == count)
    #expect(spool.size <= limits.capacity && spool.size > limits.capacity - 2 * limits.segmentSize)
    #expect(spool.first == UInt64(dropped) && spool.isFull)
    let from = try #require(Record.timed(0).timestamp)
    let to = try #require(Record.timed(dropped - 1).timestamp)
    #expect(spool.takeEvents() == [.dropped(total: dropped, times: from...to)])
    #expect(spool.drainNumbers() == Array(dropped..<count))
    #expect(!spool.isFull && spool.counts.delivered == count - dropped)
  }

  @Test func acknowledgementOfWhatWasPushedOutChangesNothing() throws {
    var spool = try open()
    spool.fill(0..<10, length: 100, at: start)
    let batch = spool.batch(from: 0, count: 5, size: .max)
    spool.fill(10..<400, length: 100, at: start)
    let first = spool.first
    #expect(first > batch.end)
    spool.remove(before: batch.end, rejected: 0)
    #expect(spool.first == first && spool.counts.delivered == 0)
    #expect(spool.drainNumbers() == Array(Int(first)..<400))
  }

  @Test func memoryDoesNotDependOnWhatWaits() throws {
    let limits = SpoolLimits(capacity: 64 << 20, memory: 16 << 20, sync: .seconds(5))
    var spool = try Spool(disk, limits, at: start)
    let record = Record.numbered(0, length: 10_000)
    let count = 5300
    for _ in 0..<count {
      spool.add(record, at: start)
      spool.store(at: start)
    }
    #expect(spool.size > 50 << 20 && spool.loaded.size < 2 << 20 && spool.unwritten.isEmpty)
    var most = 0
    var delivered = 0
    while delivered < 1000 {
      let batch = spool.batch(from: spool.first, count: 100, size: 200_000)
      guard !batch.records.isEmpty else { break }
      #expect(batch.records.allSatisfy { $0 == record })
      most = max(most, spool.loaded.size)
      delivered += batch.records.count
      spool.remove(before: batch.end, rejected: 0)
    }
    #expect(delivered >= 1000 && spool.count == count - delivered && most < 2 << 20)
    #expect(spool.counts.dropped == 0)
  }

  // MARK: - Rejected records

  @Test func refusedRecordsAreKeptWithTheirReason() throws {
    var spool = try open()
    spool.fill(0..<4, at: start)
    for number in 1...2 {
      spool.quarantine(.numbered(number), reason: "400 Bad Request:\nfield \(number)")
    }
    #expect(disk.count(.sync) == 0)
    spool.remove(before: 3, rejected: 2)
    #expect(disk.count(.sync) == 1 && disk.count(.syncDirectories) == 1)
    #expect(spool.counts.rejected == 2 && spool.counts.delivered == 1)
    #expect(
      bad.text == """
        # 400 Bad Request:
        # field 1
        n=1
        x=

        # 400 Bad Request:
        # field 2
        n=2
        x=


        """)
    #expect(Record.all(in: bad).map(\.number) == [1, 2])
    #expect(spool.drainNumbers() == [3])
    spool.close(at: start)
    #expect(disk.fileNames == ["bad/0000000000000001"])
    // A restart begins a new file.
    spool = try open()
    spool.quarantine(.numbered(9), reason: "no")
    spool.close(at: start)
    #expect(disk.fileNames == ["bad/0000000000000001", "bad/0000000000000002"])
    #expect(Record.all(in: bad).map(\.number) == [1, 2, 9])
  }

  @Test func refusedRecordsAreBounded() throws {
    var spool = try open()
    for number in 0..<1000 {
      spool.quarantine(.numbered(number, length: 100), reason: "no")
    }
    #expect(bad.count <= limits.capacity && bad.count > limits.capacity / 2)
    let numbers = Record.all(in: bad).compactMap(\.number)
    #expect(numbers == Array((1000 - numbers.count)..<1000))
    let events = spool.takeEvents()
    #expect(events.first == .quarantineTrimmed(file: "bad/0000000000000001") && events.count > 3)
    // Files of earlier runs count towards the bound.
    spool.close(at: start)
    spool = try open()
    for number in 0..<100 { spool.quarantine(.numbered(number, length: 100), reason: "no") }
    #expect(bad.count <= limits.capacity && !spool.takeEvents().isEmpty)
  }

  @Test func refusedRecordThatCannotBeKeptIsSaid() throws {
    var spool = try open()
    spool.fill(0..<2, at: start)
    disk.broken[.write] = .noSpace
    spool.quarantine(.numbered(0), reason: "no")
    #expect(spool.takeEvents() == [.quarantineHeld(.noSpace)])
    disk.broken = [:]
    disk.failures[disk.operations.count] = .short
    disk.failures[disk.operations.count + 1] = .error(.ioError)
    // The write is retried when due, in a new file behind the incomplete record.
    #expect(spool.deadline == start + .seconds(1))
    spool.attend(start + .seconds(1))
    disk.failures = [:]
    spool.quarantine(.numbered(1), reason: "no")
    #expect(spool.takeEvents() == [])
    let names = disk.fileNames.filter { $0.hasPrefix("bad/") }
    #expect(names.count == 2)
    #expect(Record.all(in: disk.text(names[1]) ?? []) == [.numbered(0), .numbered(1)])
  }

  @Test func refusedRecordsThatCannotBeKeptAreBounded() throws {
    var spool = try open()
    disk.broken[.create] = .readOnlyFileSystem
    for number in 0..<300 { spool.quarantine(.numbered(number, length: 5000), reason: "no") }
    let events = spool.takeEvents()
    #expect(events.first == .quarantineHeld(.readOnlyFileSystem))
    #expect(events.contains(.quarantineLost(.readOnlyFileSystem)))
    disk.broken = [:]
    spool.close(at: start)
    let synced = disk.fileNames.filter { $0.hasPrefix("bad/") }.flatMap {
      Record.all(in: disk.text($0) ?? [])
    }
    #expect(!synced.isEmpty && synced.last == .numbered(299, length: 5000))
  }

  // MARK: - A full disk

  @Test func memoryTakesOverFromAFullDisk() throws {
    var spool = try open()
    spool.fill(0..<20, length: 100, at: start)
    disk.capacity = disk.fileNames.reduce(0) { $0 + (disk.text($1)?.count ?? 0) } + 50
    spool.fill(20..<40, length: 100, at: start)
    #expect(spool.takeEvents() == [.disconnected(.noSpace)])
    #expect(spool.unkeptCount > 0 && spool.count == 40 && spool.deadline == start + .seconds(1))
    // The incomplete record is truncated.
    #expect(disk.text("0000000000000001")?.suffix(2) == [10, 10])
    // The write is not retried before it is due.
    let tries = disk.operations.count
    spool.store(at: start + .milliseconds(900))
    #expect(disk.operations.count == tries)
    spool.attend(start + .seconds(1))
    #expect(disk.operations.count > tries && spool.takeEvents() == [])
    disk.capacity = .max
    spool.attend(start + .seconds(2))
    #expect(spool.takeEvents() == [.reconnected] && spool.unkeptCount == 0)
    spool.fill(40..<50, length: 100, at: start + .seconds(2))
    disk.kill()
    spool = try open()
    #expect(spool.drainNumbers() == Array(0..<50))
  }

  @Test func memoryIsBoundedWhereTheDiskTakesNothing() throws {
    disk.broken[.create] = .readOnlyFileSystem
    var spool = try open()
    for second in 0..<1000 {
      spool.add(.timed(second), at: start)
      spool.store(at: start)
    }
    let dropped = spool.counts.dropped
    #expect(dropped > 0 && spool.count + dropped == 1000 && spool.isFull)
    #expect(spool.unwritten.size <= limits.memory)
    let from = try #require(Record.timed(0).timestamp)
    let to = try #require(Record.timed(dropped - 1).timestamp)
    #expect(
      spool.takeEvents() == [
        .disconnected(.readOnlyFileSystem), .dropped(total: dropped, times: from...to),
      ])
    #expect(spool.drainNumbers() == Array(dropped..<1000))
    spool.close(at: start)
    #expect(spool.unkeptCount == 0)
  }

  @Test func whatWentWithoutTheDiskIsNotMissedThere() throws {
    var spool = try open()
    spool.fill(0..<3, at: start)
    let number = spool.batch(from: 0, count: 1, size: 1).end
    spool.remove(before: number, rejected: 0)
    disk.broken[.write] = .ioError
    spool.fill(3..<6, at: start)
    #expect(spool.drainNumbers() == [1, 2, 3, 4, 5])
    disk.broken = [:]
    spool.fill(6..<40, length: 100, at: start + .seconds(2))
    #expect(spool.first == 6 && spool.count == 34)
    #expect(spool.batch(from: 20, count: 1, size: 1).records.map(\.number) == [20])
    disk.kill()
    spool = try open()
    #expect(spool.drainNumbers() == Array(6..<40))
  }

  @Test func memoryIsBoundedWhereNothingWaitsOnTheDisk() throws {
    var spool = try open()
    spool.fill(0..<3, at: start)
    #expect(spool.drainNumbers() == [0, 1, 2])
    disk.broken[.write] = .ioError
    spool.fill(3..<300, length: 100, at: start)
    let dropped = spool.counts.dropped
    #expect(dropped > 0 && spool.count + dropped == 297)
    #expect(spool.drainNumbers() == Array((3 + dropped)..<300))
    spool.close(at: start)
    #expect(disk.fileNames == [])
  }

  @Test func fullDiskCostsTheOldestOnlyAsFarAsNeeded() throws {
    var spool = try open()
    spool.fill(0..<200, length: 100, at: start)
    // New records replace older ones only.
    disk.capacity = disk.fileNames.reduce(0) { $0 + (disk.text($1)?.count ?? 0) }
    let size = spool.size
    for number in 200..<400 {
      spool.add(.numbered(number, length: 100), at: start)
      spool.store(at: start)
    }
    let dropped = spool.counts.dropped
    #expect(dropped > 0 && spool.size > size - 2 * limits.segmentSize)
    #expect(spool.size + spool.unwritten.size > size)
    #expect(spool.drainNumbers() == Array(dropped..<400))
  }

  /// When the disk can be written again and the spool is nearly full, the oldest segments are
  /// dropped.
  @Test func diskThatComesBackTakesWhatWaited() throws {
    var spool = try open()
    var next = 0
    while spool.size < limits.capacity - limits.segmentSize {
      spool.fill(next..<next + 1, length: 100, at: start)
      next += 1
    }
    disk.broken = [.write: .readOnlyFileSystem]
    let before = next
    while spool.unwritten.size < limits.memory - 1000 {
      spool.fill(next..<next + 1, length: 100, at: start)
      next += 1
    }
    #expect(spool.counts.dropped == 0 && next > before)
    disk.broken = [:]
    spool.attend(start + .seconds(1))
    spool.fill(next..<next + 400, length: 100, at: start + .seconds(1))
    next += 400
    let dropped = spool.counts.dropped
    #expect(spool.size <= limits.capacity && spool.unkeptCount == 0 && dropped > 0)
    #expect(spool.drainNumbers() == Array(dropped..<next))
  }

  /// Memory stays bounded while the disk cannot be written.
  @Test func diskThatNeverComesBackTakesNoMemory() {
    var queue = RecordQueue()
    for number in 0..<20_000 {
      queue.append(.numbered(number), since: start)
      if number >= 100 { _ = queue.removeFirst(notBefore: 3) }
    }
    #expect(queue.count == 100)
  }

  /// If the disk became read-only, its segments stay: they can be read, and are the greater part.
  @Test func diskThatOnlyReadsKeepsItsRecords() throws {
    var spool = try open()
    spool.fill(0..<60, length: 100, at: start)
    let taken = spool.batch(from: 0, count: 5, size: .max)
    #expect(taken.records.count == 5)
    disk.broken = [.write: .readOnlyFileSystem, .create: .readOnlyFileSystem]
    spool.fill(60..<400, length: 100, at: start)
    let dropped = spool.counts.dropped
    #expect(dropped > 0 && spool.count + dropped == 400)
    #expect(spool.unwritten.size <= limits.memory)
    #expect(spool.drainNumbers() == Array(0..<60) + Array((60 + dropped)..<400))
    #expect(spool.counts.delivered + dropped == 400 && spool.isEmpty)
  }

  /// Records in a batch keep their numbers, so older ones are dropped instead.
  @Test func oldestGoWhereTheFirstInMemoryAreInABatch() throws {
    var spool = try open()
    spool.fill(0..<2, length: 100, at: start)
    disk.broken = [.write: .ioError, .create: .ioError]
    spool.fill(2..<6, length: 100, at: start)
    // Records on the disk come in a batch of their own.
    let first = spool.batch(from: 0, count: 10, size: .max)
    let second = spool.batch(from: first.end, count: 2, size: .max)
    #expect(first.records.map(\.number) == [0, 1] && second.records.map(\.number) == [2, 3])
    spool.fill(6..<300, length: 100, at: start)
    let dropped = spool.counts.dropped
    #expect(dropped > 4 && spool.count + dropped == 300)
    #expect(spool.drainNumbers() == Array(dropped..<300))
  }

  @Test func whatIsLeftInMemoryAtTheEndIsSaid() throws {
    var spool = try open()
    disk.broken[.write] = .noSpace
    spool.fill(0..<3, at: start)
    spool.close(at: start)
    #expect(spool.unkeptCount > 0 && spool.count == 3 && disk.fileNames == [])
  }

  // MARK: - fsync

  @Test func diskIsLeftAloneWhileAcknowledgementsArrive() throws {
    var spool = try open()
    var now = start
    for number in 0..<3000 {
      now += .seconds(1)
      spool.attend(now)
      spool.fill(number..<number + 1, length: 100, at: now)
      // Records of four seconds are not acknowledged yet.
      if number >= 4 { spool.remove(before: UInt64(number - 3), rejected: 0) }
      _ = spool.batch(from: spool.first, count: 10, size: .max)
    }
    #expect(disk.count(.sync) == 0 && disk.count(.syncDirectories) == 0)
    #expect(segmentNames.count <= 2 && spool.counts.delivered == 2996)
    #expect(disk.count(.create) > 10)
  }

  @Test func diskKeepsForSureWhatIsNotAcknowledged() throws {
    var spool = try open()
    spool.fill(0..<1, at: start)
    spool.fill(1..<2, at: start + .seconds(3))
    #expect(spool.deadline == start + .seconds(5))
    spool.attend(start + .milliseconds(4999))
    #expect(disk.count(.sync) == 0)
    spool.attend(start + .seconds(5))
    #expect(disk.count(.sync) == 1 && disk.count(.syncDirectories) == 1)
    #expect(spool.deadline == nil)
    // In an outage, one sync per interval.
    for second in 6..<60 {
      let now = start + .seconds(second)
      spool.fill(second..<second + 1, at: now)
      spool.attend(now)
    }
    #expect(disk.count(.sync) == 11)
    let after = ModelDisk(after: disk.unsyncedState, at: start) { .nothing }
    spool = try Spool(after, limits, at: start)
    #expect(spool.drainNumbers().contains(54))
  }

  @Test func diskKeepsForSureWhatIsLeftAtTheEnd() throws {
    var spool = try open()
    spool.fill(0..<100, length: 100, at: start)
    spool.close(at: start)
    #expect(disk.count(.sync) == segmentNames.count && disk.openCount == 0)
    let after = ModelDisk(after: disk.unsyncedState, at: start) { .nothing }
    spool = try Spool(after, limits, at: start)
    #expect(spool.drainNumbers() == Array(0..<100))
  }

  @Test func segmentWhoseSyncFailedIsWrittenAnew() throws {
    var spool = try open()
    spool.fill(0..<10, at: start)
    let name = "0000000000000001"
    spool.attend(start + .seconds(4))
    disk.failures[disk.operations.count] = .error(.ioError)
    spool.attend(start + .seconds(5))
    #expect(spool.takeEvents() == [.rewritten(segment: name, .ioError)])
    let syncs = disk.operations.filter { $0.kind == .sync }
    #expect(syncs.map(\.name) == [name, "\(name).new"])
    #expect(disk.fileNames == [name])
    // Records are added to the new file.
    spool.fill(10..<12, at: start + .seconds(5))
    spool.attend(start + .seconds(10))
    #expect(disk.fileNames == [name] && disk.count(.sync) == 3)
    let after = ModelDisk(after: disk.unsyncedState, at: start) { .nothing }
    #expect(after.fileNames == [name])
    spool = try Spool(after, limits, at: start)
    #expect(spool.drainNumbers() == Array(0..<12))
  }

  @Test func segmentThatCannotBeWrittenAnewIsTriedAgain() throws {
    var spool = try open()
    spool.fill(0..<10, at: start)
    let name = "0000000000000001"
    disk.broken[.sync] = .ioError
    spool.attend(start + .seconds(5))
    spool.attend(start + .seconds(10))
    #expect(spool.takeEvents() == [.syncFailed(.ioError)])
    let syncs = disk.operations.filter { $0.kind == .sync }
    // The old file is never synced again.
    #expect(syncs.map(\.name) == [name, "\(name).new", "\(name).new"])
    #expect(disk.fileNames == [name])
    spool.fill(10..<12, at: start + .seconds(11))
    #expect(disk.fileNames == [name, "0000000000000002"])
    disk.broken = [:]
    spool.attend(start + .seconds(15))
    #expect(spool.takeEvents() == [.rewritten(segment: name, .ioError)])
    #expect(spool.deadline == nil)
    let after = ModelDisk(after: disk.unsyncedState, at: start) { .nothing }
    spool = try Spool(after, limits, at: start)
    #expect(spool.drainNumbers() == Array(0..<12))
  }
}
