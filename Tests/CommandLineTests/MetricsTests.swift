import Records
import Testing

@testable import CommandLine

/// Counters in the line of `--stats` and for Prometheus, and the name of a pipe.
@Suite struct MetricsTests {
  @Test(arguments: [
    ("/run/p1/house-{tool}.prom", "/run/p1/house-p1cat.prom", "house"),
    ("{tool}.prom", "p1cat.prom", ""), ("{tool}", "p1cat", ""),
    ("/var/{tool}/up-stairs.{tool}", "/var/p1cat/up-stairs.p1cat", "up-stairs"),
    ("{tool}_house_2.prom", "p1cat_house_2.prom", "house_2"),
  ])
  func pipeIsTheRestOfTheName(_ template: String, _ path: String, _ pipe: String) throws {
    let settings = Settings(environment: { $0 == "P1_METRICS_FILE" ? template : nil })
    let place = try #require(try MetricsPlace(settings, of: "p1cat"))
    #expect(place.path == path && place.pipe == pipe)
  }

  @Test func countersAreShownAsTheirKind() throws {
    let counters = [
      Counter("cups", .total(3), "Cups filled."), Counter("guests", .number(2), "Guests."),
      Counter("brewing", .duration(.milliseconds(1500)), "Time to brew, in seconds."),
      Counter("last_guest", .instant(nil), "the last guest"),
    ]
    #expect(Counter.line(counters) == "cups=3 guests=2 brewing_s=1.500 last_guest_age_s=none")
    #expect(counters.map(\.shownName) == ["cups", "guests", "brewing_s", "last_guest_age_s"])
    #expect(counters[3].description == "Seconds since the last guest, or none.")
    let metrics = counters.compactMap { $0.metric(of: "pot")?.text([("pipe", "")]) }
    #expect(
      metrics == [
        "# HELP pot_cups_total Cups filled.\n# TYPE pot_cups_total counter\npot_cups_total 3\n",
        "# HELP pot_guests Guests.\n# TYPE pot_guests gauge\npot_guests 2\n",
        """
        # HELP pot_brewing_seconds Time to brew, in seconds.
        # TYPE pot_brewing_seconds gauge
        pot_brewing_seconds 1.500

        """,
      ])
    let guest = Counter("last_guest", .instant(.now - .seconds(60)), "the last guest")
    let text = try #require(guest.metric(of: "pot")?.text([]))
    let time = try #require(text.firstMatch(of: /\npot_last_guest_timestamp_seconds (\d+)\./)?.1)
    let age = Int64(Timestamp.now.seconds) - (Int64(time) ?? 0)
    #expect((59...62).contains(age))
  }

  @Test func labelsAreEscaped() {
    let metric = PrometheusMetric("p1_x", .gauge, "X.", "1", [("meter", "a\"b\\c\nd")])
    #expect(
      metric.text([("pipe", "house")]).hasSuffix(
        "p1_x{pipe=\"house\",meter=\"a\\\"b\\\\c\\nd\"} 1\n"))
    #expect(PrometheusMetric.name("p1_1-0:1.8.1") == "p1_1_0_1_8_1")
  }
}
