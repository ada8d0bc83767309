import Foundation
import TestSupport
import Testing

/// The references between pages, to sections, and from the READMEs lead somewhere.
@Suite struct LinkTests {
  @Test(arguments: ManualPage.names + ["nl/p1.7"])
  func pagesAndSectionsExist(_ name: String) throws {
    let page = try ManualPage(name)
    for (index, line) in page.source.enumerated() {
      if let referred = LinkTests.page(referredBy: line) {
        #expect(ManualPage.names.contains(referred), "\(name):\(index + 1) \(line)")
      }
      guard line.hasPrefix(".Sx ") else { continue }
      // `.Sx SECTION`, `in`, `.Xr p1cat 1`.
      let next = page.source[(index + 1)...].prefix(2)
      let other = next.first == "in" || next.first == "uit" ? next.last : nil
      let place = try other.flatMap(LinkTests.page).map(ManualPage.init) ?? page
      let title = "\(line.dropFirst(4))".replacing(/( [.,:;)])+$/, with: "").replacing(
        "\"", with: "")
      #expect(place.titles.contains(title), "\(name):\(index + 1) \(line)")
    }
  }

  /// `p1cat.1` of `.Xr p1cat 1 ,`; nil for the page of another project.
  private static func page(referredBy line: Substring) -> String? {
    line.firstMatch(of: /^\.Xr (p1\S*) (\d)/).map { "\($0.1).\($0.2)" }
  }

  @Test(arguments: ["README.md", "README.nl.md"])
  func filesExist(_ name: String) throws {
    let links = try Repository.text(name).matches(of: /(?:\]\(|src=")([^)"#]+)(?:#([^)]+))?/)
    for link in links where !link.1.hasPrefix("https://") {
      let file = String(link.1)
      #expect(FileManager.default.fileExists(atPath: Repository.path(file)), "\(name): \(file)")
      guard let heading = link.2 else { continue }
      let headings = try Repository.text(file).matches(of: /(?m)^##+ (.*)$/).map {
        $0.1.lowercased().replacing(" ", with: "-")
      }
      #expect(headings.contains(String(heading)), "\(name): \(file)#\(heading)")
    }
    #expect(links.contains { $0.2 != nil })
  }
}

extension ManualPage {
  /// The titles of sections and subsections.
  fileprivate var titles: Set<String> {
    Set(
      source.compactMap { $0.firstMatch(of: /^\.S[hs] (.*)$/) }
        .map { "\($0.1)".replacing("\"", with: "") })
  }
}
