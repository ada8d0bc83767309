import Records
import Telegrams

/// The power that a household takes from the grid and gives to it at each second, in whole watts: a
/// pure function of the time and a seed, so that a seed gives the same days on every machine.
///
/// A day has a refrigerator, breakfast, a kettle now and then, an evening peak and on some days a
/// washing machine; solar panels on L1, by season and clouds; gas heating in winter.
struct SimulatedHousehold {
  let seed: UInt64

  /// The power of the three phases, in watts: positive is import from the grid.
  func power(at second: Int64) -> (l1: Int, l2: Int, l3: Int) {
    let clock = Clock(second)
    let refrigerator = (second + Int64(noise(0, 1) % 2700)) % 2700 < 900 ? 90 : 0
    let evening =
      clock.bump(from: 17.5, to: 23, of: 1500) + clock.bump(from: 18, to: 19.5, of: 1600)
    let breakfast = clock.bump(from: 6.5, to: 9, of: 500)
    let l1 = 120 + evening / 3 + breakfast / 2 + jitter(second, 3) - solar(second, clock)
    let l2 = 60 + refrigerator + evening / 3 + kettle(second, clock) + jitter(second, 4)
    let l3 = 80 + evening / 3 + breakfast / 2 + washing(clock) + jitter(second, 5)
    return (l1, l2, l3)
  }

  /// The gas used in the five minutes before a time, in litres.
  func gas(upTo second: Int64) -> Int {
    let clock = Clock(second)
    let cold = max(0, clock.daysFromMidsummer - 70)
    let heating = cold * (clock.bump(from: 6, to: 9, of: 40) + clock.bump(from: 16, to: 23, of: 60))
    let hotWater = clock.bump(from: 6.5, to: 8, of: 25) + clock.bump(from: 18, to: 22, of: 12)
    return (heating / 113 + hotWater) * (50 + Int(noise(UInt64(second / 300), 6) % 100)) / 100
  }

  /// A random number that depends only on the seed, `index` and `purpose`: SplitMix64.
  func noise(_ index: UInt64, _ purpose: UInt64) -> UInt64 {
    var value = seed &+ (index &* 0x9E37_79B9_7F4A_7C15) &+ (purpose &* 0xD1B5_4A32_D192_ED03)
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }

  // MARK: - Appliances and panels

  private func jitter(_ second: Int64, _ purpose: UInt64) -> Int {
    Int(noise(UInt64(second), purpose) % 21) - 10
  }

  /// Up to 3.6 kW around noon, less in winter and under clouds, which change every five minutes.
  private func solar(_ second: Int64, _ clock: Clock) -> Int {
    let daylight = 16.5 - 8.5 * Double(clock.daysFromMidsummer) / 183
    let peak = 3600 - 2600 * clock.daysFromMidsummer / 183
    // The sun is highest at 11:40 UTC in the Netherlands.
    let noon = 11.67 + clock.hoursAheadOfUTC
    let clear = clock.bump(from: noon - daylight / 2, to: noon + daylight / 2, of: peak)
    let slot = UInt64(second / 300)
    let before = Int(noise(slot, 7) % 70)
    let after = Int(noise(slot + 1, 7) % 70)
    let clouds = before + (after - before) * Int(second % 300) / 300
    return clear * (100 - clouds) / 100
  }

  /// 2 kW for three minutes, now and then between seven and eleven.
  private func kettle(_ second: Int64, _ clock: Clock) -> Int {
    let slot = UInt64(second / 600)
    let isUsed = (7..<23).contains(clock.hour) && noise(slot, 8) % 6 == 0
    return isUsed && second % 600 < 180 ? 2000 : 0
  }

  /// Every third day or so from ten o'clock: 25 minutes of heating water, then turning.
  private func washing(_ clock: Clock) -> Int {
    guard noise(UInt64(clock.day), 9) % 3 == 0, (10..<11.5).contains(clock.time) else { return 0 }
    return clock.time < 10.4 ? 2100 : 250
  }
}

/// The local time of a household.
private struct Clock {
  /// Hours since midnight.
  let time: Double
  /// The same without the fraction.
  let hour: Int
  /// Days since 1970.
  let day: Int64
  /// 0 to 183.
  let daysFromMidsummer: Int
  let hoursAheadOfUTC: Double

  init(_ second: Int64) {
    let offset = MeterTimeZone.centralEuropean.offset(at: Timestamp(seconds: second))
    let local = second + Int64(offset)
    day = local / 86_400
    time = Double(local % 86_400) / 3600
    hour = Int(local % 86_400 / 3600)
    hoursAheadOfUTC = Double(offset / 3600)
    // 2000-06-21 was day 11,129; a year has 365.2425 days.
    let years = Double(day - 11_129) / 365.2425
    daysFromMidsummer = Int(abs(years - years.rounded()) * 365.2425)
  }

  /// A parabola between two times of day: `height` in the middle, 0 outside.
  func bump(from start: Double, to end: Double, of height: Int) -> Int {
    guard time > start, time < end else { return 0 }
    let middle = (start + end) / 2
    let distance = (time - middle) / (end - middle)
    return Int(Double(height) * (1 - distance * distance))
  }
}
