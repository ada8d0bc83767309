import Records

/// What the times of receipt tell of the clocks of meters that print no letter behind a time: whether
/// they change to summer time.
///
/// In summer a clock shows `21:38` at two instants, by civil time and an hour later by normal time. So
/// does a clock with civil time in the hour that autumn has twice. The instant within ``tolerance`` of
/// the receipt is the right one. Each telegram with a receipt decides that by itself, so a capture can
/// be cut anywhere. Only a telegram whose receipt does not decide is read like those before it.
///
/// The instants of a meter never run backwards where its clock did not.
struct LetterlessClocks {
  /// The receipt has to be nearer than so many seconds: half an hour, as the two instants are an hour
  /// apart. So it is near to one of them at most, the nearest; a clock that is further off than both
  /// says nothing of the season.
  private static let tolerance: Int64 = 1800

  private struct Meter {
    let name: [UInt8]
    /// Whether its clock changes to summer time; nil where no receipt has told.
    var changesInSummer: Bool?
    /// The last time that it showed, and when that was.
    var shown: Int64
    var instant: Timestamp
  }

  /// The last meters with a receipt: a hostile input can name more than memory holds.
  private var meters: [Meter] = []
  private static let maximumCount = 16

  /// Whether no receipt came yet, so that each time is read by the setting alone.
  var isEmpty: Bool { meters.isEmpty }

  /// Reads the time of a telegram.
  ///
  /// - Parameters:
  ///   - civil: what the clock showed.
  ///   - receivedAt: when the telegram came, where that is known.
  ///   - clock: the meter's clock; afterwards with what is known of it.
  ///   - name: what tells the meter from others.
  /// - Returns: when it showed that.
  mutating func instant(
    of civil: CivilTime, receivedAt: Timestamp?, by clock: inout MeterClock, ofMeter name: [UInt8]
  ) -> Timestamp {
    let index = meters.firstIndex { $0.name == name }
    guard receivedAt != nil || index != nil else { return clock.instant(of: civil) }
    var known = index.map { meters[$0].changesInSummer } ?? nil
    clock.changesInSummer = known ?? clock.changesInSummer
    var instant = clock.instant(of: civil)
    let normal = civil.instant(ahead: clock.winterOffset)
    let summer = civil.instant(ahead: clock.summerOffset)
    let seasonal = MeterClock(winterOffset: clock.winterOffset)
    if seasonal.instant(of: civil) == summer {
      let told = [summer, normal].first { candidate in
        receivedAt.map { abs($0.seconds - candidate.seconds) < LetterlessClocks.tolerance }
          ?? false
      }
      instant = told ?? instant
      // In the hour that autumn has twice, a clock with civil time shows both.
      let isTwice = seasonal.offset(at: normal) == seasonal.winterOffset
      if let told, !isTwice { known = told == summer }
    }
    if let index {
      let last = meters[index]
      if last.shown <= civil.secondsSinceEpoch, instant < last.instant {
        instant = normal
        known = last.changesInSummer
      }
      meters.remove(at: index)
    }
    clock.changesInSummer = known ?? clock.changesInSummer
    if meters.count == LetterlessClocks.maximumCount { meters.removeFirst() }
    meters.append(
      Meter(
        name: name, changesInSummer: known, shown: civil.secondsSinceEpoch, instant: instant))
    return instant
  }
}
