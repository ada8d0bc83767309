import TestValues
import Testing

@testable import p1mqtt

/// What is remembered within a bound, and which of it goes.
@Suite struct RecentlyUsedCacheTests {
  @Test func theOneUsedLongestAgoGoes() {
    var cache = RecentlyUsedCache<String, Int>(capacity: 0)
    for (number, key) in ["a", "b", "c", "a", "d", "b"].enumerated() {
      cache.use(key, default: number) {
        $0 += 10
        return 1
      }
    }
    #expect(cache.isOverfull && cache.count == 4)
    #expect(["a", "b", "c", "d"].map { cache[$0] } == [20, 21, 12, 14])
    var gone: [String] = []
    while let (key, _) = cache.removeOldest() { gone.append(key) }
    #expect(gone == ["c", "a", "d", "b"])
    #expect(cache.size == 0 && cache.count == 0 && !cache.isOverfull)
  }

  /// As a list would do it, in longer.
  @Test func itBehavesAsAListWould() {
    var generator = SeededGenerator(seed: 7)
    var cache = RecentlyUsedCache<Int, Int>(capacity: 4000)
    var model: [(key: Int, value: Int)] = []
    for step in 0..<5000 {
      let key = Int.random(in: 0..<60, using: &generator)
      let old = model.firstIndex { $0.key == key }.map { model.remove(at: $0).value }
      #expect(cache[key] == old)
      model.append((key, step))
      cache.use(key, default: -1) {
        $0 = step
        return 0
      }
      while cache.isOverfull {
        let oldest = model.removeFirst()
        let gone = cache.removeOldest()
        #expect(gone?.key == oldest.key && gone?.value == oldest.value)
      }
      #expect(cache.count == model.count)
    }
    #expect(cache.count > 5 && cache.count < 60)
  }
}
