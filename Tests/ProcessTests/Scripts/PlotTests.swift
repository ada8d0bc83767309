import Foundation
import TestSupport
import Testing

/// `scripts/p1plot` draws the values of records, with gnuplot.
@Suite struct PlotTests {
  // MARK: - The readings

  private static let zone = "Europe/Amsterdam"
  /// 2026-06-15T00:00:00+02:00, a Monday.
  private static let monday = 1_781_474_400

  /// Records every five minutes from local midnight to midnight: in the first half of each day, the house imports
  /// 1.2 kW, then it exports 2.4 kW. Each hour, it uses 0.05 m³ of gas.
  private static func records(
    from start: Int = monday, days: Int = 2, meter: String = "E1", without gap: Range<Int> = 0..<0
  ) -> String {
    var text = ""
    var imported = 1000, exported = 2000
    for second in stride(from: 0, through: days * 86_400, by: 300) {
      let timestamp = Date(timeIntervalSince1970: Double(start + second)).formatted(.iso8601)
      let imports = second % 86_400 < 43_200
      if !gap.contains(second) {
        text += """
          timestamp=\(timestamp)
          meter=\(meter)
          energy_import_tariff1_kwh=\(Double(imported) / 10)
          energy_export_tariff1_kwh=\(Double(exported) / 10)
          power_import_kw=\(imports ? "1.200" : "0.000")
          power_export_kw=\(imports ? "0.000" : "2.400")
          power_import_l1_kw=0.400
          power_import_l2_kw=0.800
          power_export_l1_kw=0.000
          power_export_l2_kw=0.000


          """
        if second % 3600 == 0 {
          text += """
            timestamp=\(timestamp)
            meter=G1
            channel=1
            gas_m3=\(String(format: "%.2f", 500 + Double(second / 3600) * 0.05))


            """
        }
      }
      imported += imports ? 1 : 0
      exported += imports ? 0 : 2
    }
    return text
  }

  private func program(_ arguments: [String], _ environment: [String: String] = [:]) -> Program {
    let settings = ["P1_BIN": ToolPaths.directory, "TZ": Self.zone]
    return Program(
      Repository.path("scripts/p1plot"), arguments,
      environment: settings.merging(environment) { $1 })
  }

  /// A picture as SVG.
  private func svg(_ picture: [String], _ records: String) async throws -> SVG {
    try await TemporaryDirectory.with { directory in
      let file = directory.path("picture.svg")
      let result = try await program(picture + ["--output", file]).run(input: records)
      #expect(result.status == .success && result.errorText == "" && result.text == "")
      #expect(try directory.names() == ["picture.svg"])
      return SVG(try directory.text(of: "picture.svg"))
    }
  }

  // MARK: - Pictures

  @Test func dayHasThePower() async throws {
    let picture = try await svg(["day", "--date", "2026-06-15"], Self.records())
    #expect(picture.texts.contains("Power in kW, Monday 2026-06-15"))
    #expect(picture.texts.contains("Phases in kW: import above 0, export below"))
    for name in ["import", "export", "L1", "L2"] { #expect(picture.texts.contains(name)) }
    #expect(!picture.texts.contains("L3"))
    // The curves are rectangles: half of the day each, and 2.4 kW is twice as high as 1.2.
    let imported = try #require(picture.imported)
    let exported = try #require(picture.exported)
    #expect(abs(exported.zero - imported.zero) < 0.1)
    let ratio = (exported.peak - exported.zero) / (imported.zero - imported.peak)
    #expect(abs(ratio - 2) < 0.02)
    let (midnight, noon) = (try #require(picture.x("00:00")), try #require(picture.x("12:00")))
    #expect(abs(imported.left - midnight) < 0.1 && abs(imported.right - noon) < 0.1)
    #expect(abs(exported.left - noon) < 0.1)
    #expect(abs(exported.right - noon - (noon - midnight)) < 0.1)
  }

  /// Local days have 23 and 25 hours when summer time begins and ends.
  @Test(arguments: [("2026-03-29", 1_774_738_800, 5, 23), ("2026-10-25", 1_792_879_200, 7, 25)])
  func timeIsLocal(_ day: String, _ midnight: Int, _ six: Int, _ hours: Int) async throws {
    let picture = try await svg(["--date", day], Self.records(from: midnight))
    let start = try #require(picture.x("00:00")), end = try #require(picture.x("24:00"))
    let place = try (#require(picture.x("06:00")) - start) / (end - start)
    #expect(abs(place - Double(six) / Double(hours)) < 0.001)
    // The house exports from twelve hours after midnight on.
    let exported = try #require(picture.exported)
    #expect(abs((exported.left - start) / (end - start) - 12 / Double(hours)) < 0.001)
  }

  @Test func barsHaveTheSums() async throws {
    let week = try await svg(["week"], Self.records())
    #expect(week.texts.contains("Electricity, kWh a day, week of 2026-06-15"))
    #expect(week.texts.contains("import 28.8") && week.texts.contains("export 57.6"))
    #expect(week.texts.filter { $0 == "14.4" }.count == 2)
    #expect(week.texts.filter { $0 == "28.8" }.count == 2)
    for label in ["Mon", "15", "Sun", "21"] { #expect(week.texts.contains(label)) }
    let month = try await svg(["month"], Self.records())
    #expect(month.texts.contains("Electricity, kWh a day, June 2026"))
    #expect(month.texts.contains("import 28.8") && month.texts.contains("29"))
    let year = try await svg(["year"], Self.records())
    #expect(year.texts.contains("Electricity, kWh a month, 2026"))
    #expect(year.texts.contains("Jan") && year.texts.contains("Dec"))
    #expect(year.texts.contains("28.8") && year.texts.contains("57.6"))
  }

  @Test func gasHasDaysAndMonths() async throws {
    let picture = try await svg(["gas"], Self.records())
    #expect(picture.texts.contains("Gas, m³ a day, June 2026"))
    #expect(picture.texts.contains("Gas, m³ a month, 2026"))
    #expect(picture.texts.filter { $0 == "gas 2.40" }.count == 2)
    #expect(picture.texts.contains("2.4"))
    let result = try await program(["water"]).run(input: Self.records())
    #expect(result.status == .exited(65) && result.output.isEmpty)
    #expect(
      result.errorText
        == "p1plot: no readings of water in the month of 2026-06-16; choose another day with --date\n"
    )
  }

  /// A cell is orange where the house imported, blue where it exported, and empty where nothing is known.
  @Test func heatmapHasEachHour() async throws {
    let picture = try await svg(["heatmap", "--date", "2026-06-16"], Self.records())
    #expect(picture.texts.contains("Each hour, 2026-06-03 to 2026-06-16"))
    #expect(picture.texts.contains("kWh in an hour: export below 0, import above"))
    let image = try #require(picture.text.firstMatch(of: /base64,([^']+)'/)).1
    let colours = try await Program(
      "python3", ["-c", Self.readPixels, String(image), "14", "24"]
    ).run()
    #expect(colours.status == .success, "\(colours.errorText)")
    var expected = Array(repeating: "............oo", count: 12)
    expected += Array(repeating: "............bb", count: 12)
    #expect(colours.lines == expected.map { Substring($0) })
  }

  /// Prints a PNG of 8 bits a channel with a letter for each pixel: orange, blue, or a dot for transparent.
  private static let readPixels = """
    import base64, struct, sys, zlib
    png, width, height = base64.b64decode(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    data, at = b"", 8
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at:at + 8])
        data += png[at + 8:at + 8 + length] if kind == b"IDAT" else b""
        head = png[at + 8:at + 8 + length] if kind == b"IHDR" else None or globals().get("head")
        at += length + 12
    assert struct.unpack(">II", head[:8]) == (width, height) and head[8:10] == b"\\x08\\x06"
    raw, stride, above = zlib.decompress(data), 4 * width + 1, bytes(4 * width)
    def paeth(a, b, c):
        return min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
    for row in range(height):
        kind, line = raw[row * stride], bytearray(raw[row * stride + 1:(row + 1) * stride])
        for i in range(len(line)):
            a, b, c = line[i - 4] if i > 3 else 0, above[i], above[i - 4] if i > 3 else 0
            line[i] = (line[i] + (0, a, b, (a + b) // 2, paeth(a, b, c))[kind]) % 256
        above = line
        pixels = [line[i:i + 4] for i in range(0, len(line), 4)]
        print("".join("." if p[3] == 0 else "o" if p[0] > p[2] else "b" for p in pixels))
    """

  /// What is not known is not drawn, and a star marks the days that are not complete.
  @Test func gapIsVisible() async throws {
    // From 06:00 of the first day to 06:00 of the second one.
    let records = Self.records(days: 3, without: 21_600..<108_000)
    let day = try await svg(["day", "--date", "2026-06-15"], records)
    let imported = try #require(day.imported)
    #expect(abs(imported.right - (try #require(day.x("06:00")))) < 2)
    #expect(day.exported == nil)
    // The third day is whole.
    let week = try await svg(["week"], records)
    #expect(week.texts.filter { $0.hasSuffix("*") } == ["7.1*", "7.2*", "0.0*", "28.8*"])
    for (number, day) in [("7.1*", "Mon"), ("7.2*", "Tue"), ("0.0*", "Mon"), ("28.8*", "Tue")] {
      #expect(try abs(#require(week.x(number)) - #require(week.x(day))) < 0.1, "\(number)")
    }
    #expect(week.texts.filter { $0 == "14.4" }.count == 1)
  }

  /// A meter that misses half a day is not made up for by another one, except by its successor.
  @Test func starIsForEachMeter() async throws {
    let half = 80_000..<130_000
    for (second, star) in [("E2", "*"), ("E1", "")] {
      let records = Self.records(days: 3) + Self.records(days: 3, meter: second, without: half)
      let week = try await svg(["week"], records)
      #expect(week.texts.filter { $0.hasSuffix("*") }.count == 4 * star.count, "\(week.texts)")
    }
    let successor = Self.records(days: 3, meter: "E2", without: -1..<130_000)
    let week = try await svg(
      ["week"], Self.records(days: 3, without: 130_000..<300_000) + successor)
    #expect(!week.texts.contains { $0.hasSuffix("*") }, "\(week.texts)")
  }

  /// The import of some meters has a sign.
  @Test func signedImportIsExport() async throws {
    let signed = Self.records()
      .replacing("power_import_kw=0.000\npower_export_kw=2.400", with: "power_import_kw=-2.400")
      .replacing("power_import_kw=1.200\npower_export_kw=0.000", with: "power_import_kw=1.200")
    let options = ["day", "--date", "2026-06-15"]
    let expected = try await svg(options, Self.records())
    #expect(try await svg(options, signed).text == expected.text)
    #expect(try await latestReadings(signed).first?.contains("<p>Export <strong>2.400 kW") == true)
  }

  /// The last power of a meter counts until its next telegram.
  @Test func slowMeterIsAdded() async throws {
    let slow = Self.records(meter: "E2").components(separatedBy: "\n\n").filter {
      $0.firstMatch(of: /:(?:00|15|30|45):00Z/) != nil
    }.joined(separator: "\n\n")
    let options = ["day", "--date", "2026-06-15"]
    let expected = try await svg(options, Self.records() + Self.records(meter: "E2"))
    #expect(try await svg(options, Self.records() + slow).text == expected.text)
  }

  /// The other pictures need sums. Of one reading, there is the power.
  @Test func onlyPowerIsDrawn() async throws {
    let power = Self.records().replacing(/(?:energy|gas)_.*/, with: "tariff=1")
    let record = String(Self.records().prefix { $0 != "G" })
    for (records, message) in [(power, "no reading of a counter"), (record, "no sum in this time")]
    {
      let day = try await program(["day"]).run(input: records)
      #expect(day.status == .success && day.text.contains("Power in kW"))
      #expect(day.errorText.hasPrefix("p1sum: \(message)") && day.messages.count == 1)
      let lines = try await latestReadings(records)
      #expect(lines.count == 1 && lines[0].contains("kW</strong>"), "\(lines)")
    }
    let week = try await program(["week"]).run(input: record)
    #expect(week.status == .exited(65) && week.output.isEmpty && week.messages.count == 1)
  }

  /// A telegram whose clock is hours ahead is not the latest.
  @Test func wrongClockIsNoHeadline() async throws {
    let parts = Self.records(days: 1).components(separatedBy: "\n\n")
    let wrong = "timestamp=2026-06-15T21:57:00Z\nmeter=E1\npower_import_kw=9"
    let records = (parts.prefix(50) + [wrong] + parts[50..<70] + [""]).joined(separator: "\n\n")
    let lines = try await latestReadings(records, "2026-06-15")
    #expect(lines.count == 1 && lines[0].contains("Import <strong>1.200 kW"), "\(lines)")
  }

  /// The lines of the page with the latest power.
  private func latestReadings(_ records: String, _ day: String = "2026-06-16") async throws
    -> [Substring]
  {
    try await TemporaryDirectory.with { directory in
      let result = try await program(["--html", directory.path("page.html"), "--date", day])
        .run(input: records)
      #expect(result.status == .success, "\(result.errorText)")
      let page = try directory.text(of: "page.html")
      // No table has rows without columns.
      #expect(!page.contains("<tr><th>Today\n"))
      return page.split(separator: "\n").filter { $0.hasPrefix("<p>") && $0.contains("data-at") }
    }
  }

  @Test func pngIsAPicture() async throws {
    try await TemporaryDirectory.with { directory in
      let result = try await program(["week", "--output", directory.path("week.png")])
        .run(input: Self.records())
      #expect(result.status == .success && result.errorText == "")
      let bytes = try Data(contentsOf: URL(fileURLWithPath: directory.path("week.png")))
      // The width and the height are in the header.
      #expect(bytes.prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]))
      #expect(bytes[16..<24] == Data([0, 0, 3, 192, 0, 0, 2, 48]))
    }
  }

  @Test func capturesAreParsed() async throws {
    try await TemporaryDirectory.with { directory in
      let script = """
        p1cat sim:start=2026-06-14T22:00:00Z,step=300,count=300,rate=max | gzip > day.p1.gz
        p1cat sim:start=2026-06-15T23:00:00Z,step=300,count=300,rate=max > next.p1
        { zcat day.p1.gz; cat next.p1; } | p1parse > both.records
        zstd -q --rm next.p1
        """
      _ = try await Program.bash(script, directory: directory.path).run()
      let options = ["day", "--date", "2026-06-16"]
      let parsed = try await program(options + [directory.path("both.records")]).run()
      #expect(parsed.text.contains("Power in kW, Tuesday 2026-06-16"))
      let captures = try await program(
        options + [directory.path("day.p1.gz"), directory.path("next.p1.zst")]
      ).run()
      #expect(captures.status == .success && captures.errorText == "")
      #expect(captures.text == parsed.text)
    }
  }

  /// A pipe is read once, and what it has is read several times.
  @Test func pipeIsAFile() async throws {
    try await TemporaryDirectory.with { directory in
      try directory.write(Self.records(), to: "records")
      let result = try await Program.bash(
        "\"$1\" week <(gzip < records) > pipe; \"$1\" week records > file; cat pipe",
        [Repository.path("scripts/p1plot")],
        environment: ["P1_BIN": ToolPaths.directory, "TZ": Self.zone], directory: directory.path
      ).run()
      #expect(result.errorText == "" && result.text.contains("week of 2026-06-15"))
      #expect(try directory.text(of: "file") == result.text)
    }
  }

  /// A timestamp may have an offset.
  @Test func offsetIsRead() async throws {
    let records = Self.records().replacing("Z\n", with: "+00:00\n")
      .replacing("T00:00:00+00:00", with: "t02:00:00.000+02:00")
    let picture = try await svg(["day", "--date", "2026-06-15"], records)
    let expected = try await svg(["day", "--date", "2026-06-15"], Self.records())
    #expect(picture.text == expected.text)
  }

  // MARK: - The terminal

  /// The phases need a terminal of 40 lines.
  @Test(arguments: [("39", false), ("40", true)])
  func phasesAreDrawnIfThereIsRoom(_ lines: String, _ hasPhases: Bool) async throws {
    let result = try await program(["day"], ["LINES": lines]).run(input: Self.records())
    #expect(result.status == .success && result.text.contains("Power in kW"))
    #expect(result.text.contains("Phases in kW") == hasPhases)
    #expect(result.lines.count < (Int(lines) ?? 0))
  }

  @Test func textHasBars() async throws {
    let result = try await program(["week"], ["COLUMNS": "60", "LINES": "24"])
      .run(input: Self.records())
    #expect(result.status == .success && result.errorText == "")
    #expect(result.text.contains("Electricity, kWh a day, week of 2026-06-15"))
    #expect(result.lines.allSatisfy { $0.count <= 60 })
    let imported = result.lines.filter { $0.contains("***") }.count
    let exported = result.lines.filter { $0.contains("###") }.count
    #expect(imported > 1 && exported > imported && !result.text.contains("\u{1B}"))
    let heat = try await program(["heatmap", "--date", "2026-06-16"]).run(input: Self.records())
    let rows = heat.lines.filter { $0.contains("█") != $0.contains("#") && !$0.contains("import") }
    #expect(
      rows.count > 10 && rows.first?.contains("█") == true && rows.last?.contains("#") == true)
  }

  @Test func terminalHasColours() async throws {
    try await TemporaryDirectory.with { directory in
      let file = try directory.write(Self.records(), to: "records")
      for (variable, hasColours) in [("LANG=C", true), ("NO_COLOR=1", false), ("TERM=dumb", false)]
      {
        let command = "stty rows 24 cols 70; \(variable) '\(program([]).executable)' week '\(file)'"
        let result = try await Program(
          "script", ["-qec", command, "/dev/null"],
          environment: ["P1_BIN": ToolPaths.directory, "TZ": Self.zone, "TERM": "xterm"]
        ).run()
        #expect(result.status == .success)
        #expect(result.text.contains("\u{1B}[38;5;") == hasColours)
        #expect(result.text.contains("█████") == hasColours)
      }
    }
  }

  // MARK: - The page

  @Test func pageHasTheSums() async throws {
    try await TemporaryDirectory.with { directory in
      let meter = "<b>\"&"
      let file = try directory.write(Self.records(days: 20, meter: meter), to: "records")
      try directory.write("old", to: "page.html")
      let result = try await program(
        ["--html", directory.path("page.html"), "--date", "2026-07-02", file]
      ).run(within: .seconds(60))
      #expect(result.status == .success && result.errorText == "" && result.text == "")
      #expect(try directory.names() == ["page.html", "records"])
      let page = try directory.text(of: "page.html")
      for row in try await tableOfSums(file) { #expect(page.contains(row), "\(row)") }
      for picture in ["day", "week", "month", "year", "heatmap", "gas"] {
        #expect(page.contains("<figure id=\"\(picture)\"><svg"))
      }
      #expect(!page.contains("id=\"water\""))
      // Nothing is loaded from elsewhere, and the texts of records are no markup.
      #expect(page.contains("<td>&lt;b&gt;&quot;&amp;") && !page.contains("<b>\""))
      let addresses = page.matches(of: /(?:src|href)=['"]([^'"]*)/).map(\.1)
      #expect(addresses.allSatisfy { $0.hasPrefix("#") || $0.hasPrefix("data:") })
      #expect(!page.replacing("http://www.w3.org/", with: "").contains("//"))
      #expect(!page.contains("url(") && !page.contains("@import"))
    }
  }

  /// The rows of the page on 2 July 2026 with the sums of p1sum.
  private func tableOfSums(_ file: String) async throws -> [String] {
    let kinds = ["day", "week", "month", "year"].flatMap { ["--by", $0] }
    let rows = try await Program(
      Repository.path("scripts/p1sum"), ["--format", "csv", file] + kinds,
      environment: ["P1_BIN": ToolPaths.directory, "TZ": Self.zone]
    ).run().lines.map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    let head = try #require(rows.first)
    return try [
      ("Today", "day", "2026-07-02"), ("Yesterday", "day", "2026-07-01"),
      ("This week", "week", "2026-06-29"), ("This month", "month", "2026-07-01"),
      ("This year", "year", "2026-01-01"),
    ].map { label, by, start in
      let sums = try ["energy_import_kwh", "energy_export_kwh", "gas_m3"].map { name in
        let column = try #require(head.firstIndex { $0 == name })
        let row = rows.first { $0[0] == by && $0[1].hasPrefix(start) && $0[column] != "" }
        return try "<td>\(#require(row)[column])"
      }
      return "<tr><th>\(label)\(sums.joined(separator: "</td>"))</td>"
    }
  }

  /// The power of each electricity meter, unless it is of another day, with an age in days. Escapes are read.
  @Test func pageHasEachMeter() async throws {
    let records =
      Self.records(days: 1, meter: "E1") + Self.records(days: 3, meter: "E2")
      + Self.records(days: 3, meter: "E\\x33")
    let lines = try await latestReadings(records, "2026-06-17")
    #expect(lines.count == 2)
    for (line, meter) in zip(lines, ["E2", "E3"]) {
      let power = "import <strong>0.000 kW</strong>, export <strong>2.400 kW</strong>"
      #expect(line.hasPrefix("<p>\(meter): \(power) at 2026-06-17 23:55 ("), "\(line)")
      #expect(line.contains(" days before this page was made"), "\(line)")
    }
  }

  // MARK: - Errors

  @Test(
    arguments: [
      (["--colour"], 64, "unrecognized arguments: --colour; see p1plot --help"),
      (["--date"], 64, "argument --date: expected one argument; see p1plot --help"),
      (
        ["--date", "June"], 64,
        "--date: June is not a date; use a date such as 2026-06-15, today or yesterday"
      ),
      (
        ["--output", "a.gif"], 64,
        "--output: a.gif: unknown kind of picture; use .png or .svg"
      ),
      (
        ["--timezone", "Here"], 64,
        "Here: unknown time zone; use a name such as Europe/Brussels"
      ),
      (
        ["none.p1"], 66,
        "none.p1: it is neither a picture nor a file that can be read; see p1plot --help"
      ),
      ([], 65, "no reading of a counter, named as in p1record(5), in the input"),
      (
        ["--date", "2026-07-01"], 65,
        "no readings of power on 2026-07-01; choose another day with --date"
      ),
      (["--output", "none/a.svg"], 73, "none/a.svg: No such file or directory"),
    ] as [([String], Int32, String)])
  func errorsAreReported(_ arguments: [String], _ status: Int32, _ message: String) async throws {
    let input = arguments == [] ? "" : Self.records()
    let result = try await program(arguments).run(input: input)
    #expect(result.status == .exited(status) && result.output.isEmpty)
    // p1sum reads the input.
    #expect(result.errorText == "\(arguments == [] ? "p1sum" : "p1plot"): \(message)\n")
  }

  @Test func missingGnuplotIsNamed() async throws {
    try await TemporaryDirectory.with { directory in
      let python = try Program("python3").path
      try FileManager.default.createSymbolicLink(
        atPath: directory.path("python3"), withDestinationPath: python)
      let result = try await program([], ["PATH": directory.path, "P1_BIN": ""]).run(input: "")
      #expect(result.status == .exited(69))
      #expect(
        result.errorText == "p1plot: gnuplot: not found; install the package gnuplot-nox\n")
    }
  }
}

/// What a test looks for in a picture.
private struct SVG {
  let text: String
  let texts: [String]

  init(_ text: String) {
    self.text = text
    texts = text.matches(of: /<text>(.*?)<\/text>/).map { match in
      match.1.replacing(/<[^>]*>/, with: "").trimmingCharacters(in: .whitespaces)
    }
  }

  struct Curve {
    /// From where to where it is not zero.
    var left, right: Double
    var zero, peak: Double
  }

  /// The area of a colour, above or below zero; the first polygon is the sample in the key.
  func curve(_ colour: String, isAbove: Bool) -> Curve? {
    let polygons = text.matches(of: /<polygon fill = '([^']*)' points = '([^']*)'/).filter {
      $0.1 == colour
    }
    let points = polygons.dropFirst().flatMap { polygon in
      polygon.2.split(whereSeparator: \.isWhitespace).map {
        $0.split(separator: ",").compactMap { Double($0) }
      }
    }
    let heights = points.map { $0[1] }
    guard let top = heights.min(), let bottom = heights.max() else { return nil }
    let (zero, peak) = isAbove ? (bottom, top) : (top, bottom)
    let places = points.filter { abs($0[1] - zero) > 0.1 }.map { $0[0] }
    guard let left = places.min(), let right = places.max() else { return nil }
    return Curve(left: left, right: right, zero: zero, peak: peak)
  }

  var imported: Curve? { curve("rgb(213,  94,   0)", isAbove: true) }
  var exported: Curve? { curve("rgb(  0, 114, 178)", isAbove: false) }

  /// The place of the first such label.
  func x(_ label: String) -> Double? {
    text.components(separatedBy: "<g transform=\"translate(").first {
      $0.contains("<text>\(label)</text>")
    }.flatMap { Double($0.prefix { $0 != "," }) }
  }
}
