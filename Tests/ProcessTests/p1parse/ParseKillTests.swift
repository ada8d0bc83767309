import Foundation
import TestSupport
import Testing

/// p1parse is killed, and restarted on the same pipe.
@Suite struct ParseKillTests {
  /// Telegrams whose records were not written stay in the pipe, where the next p1parse reads them.
  @Test func telegramsStayInThePipeUntilTheirRecordsAreWritten() async throws {
    let script = """
      exec 3<> <(:) 4<> <(:)
      p1cat sim:start=2026-01-01T00:00:00Z,count=60,rate=max > /dev/fd/3
      dd if=/dev/zero of=/dev/fd/4 bs=4096 count=16 2> /dev/null
      p1parse < /dev/fd/3 > /dev/fd/4 & first=$!
      # write(2) to the full pipe, by its number on this machine
      until grep -Eqs '^(1|64) 0x1 ' /proc/$first/syscall; do :; done
      kill -KILL $first; wait $first
      head -c 65536 < /dev/fd/4 > /dev/null
      exec 5< /dev/fd/3 3>&-
      p1parse <&5
      """
    let result = try await Program.bash(script).run()
    #expect(result.status == .success)
    #expect(result.text.matches(of: /(?m)^p1_version=/).count == 60)
  }
}
