import Records
import Testing

@Suite struct PredictiveCacheTests {
  /// The elements that are tried, in order, until `wanted` is found.
  private func tried(_ recent: inout PredictiveCache<Int>, for wanted: Int) -> [Int] {
    var tried: [Int] = []
    let found = recent.first { element in
      tried.append(element)
      return element == wanted ? element : nil
    }
    #expect(found == (tried.last == wanted ? wanted : nil))
    return tried
  }

  @Test func nothingIsOfUseAtFirst() {
    var recent = PredictiveCache<Int>()
    #expect(tried(&recent, for: 1) == [])
  }

  @Test func whatCameNextBeforeIsTriedFirst() {
    var recent = PredictiveCache<Int>(capacity: 3)
    for element in [1, 2, 3] { recent.add(element) }
    // Elements that come in turns are found at once from the second round on.
    #expect(tried(&recent, for: 1).last == 1)
    for _ in 0..<3 {
      for element in [2, 3, 1] { #expect(tried(&recent, for: element) == [element]) }
    }
    // So is an element that is repeated.
    #expect(tried(&recent, for: 1).last == 1)
    #expect(tried(&recent, for: 1) == [1])
  }

  @Test func everyThingIsTriedOnce() {
    var recent = PredictiveCache<Int>(capacity: 5)
    for element in 1...5 { recent.add(element) }
    for _ in 0..<3 {
      #expect(tried(&recent, for: 0).sorted() == [1, 2, 3, 4, 5])
      #expect(tried(&recent, for: 4).last == 4)
    }
  }

  @Test func theOldestGoes() {
    var recent = PredictiveCache<Int>(capacity: 3)
    for element in 1...7 {
      recent.add(element)
      #expect(tried(&recent, for: 0).sorted() == Array(max(1, element - 2)...element))
    }
  }

  @Test func whatIsUsedMayChange() {
    var recent = PredictiveCache<Int>()
    recent.add(1)
    let changed = recent.first { element in
      element += 1
      return element
    }
    #expect(changed == 2 && tried(&recent, for: 2) == [2])
  }
}
