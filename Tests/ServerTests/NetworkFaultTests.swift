import Foundation
import TestSupport
import Testing

/// A network that is interrupted between p1influx and its database.
@Suite struct NetworkFaultTests {
  /// A database in one namespace, p1influx in another, and a virtual cable between them that is
  /// down while the file `down` exists, until `up` does. At the end the script prints what was
  /// written.
  private static let script = """
    ip link add p1a type veth peer name p1b
    unshare -n sleep 300 >/dev/null 2>&1 &
    there=$!
    until [[ $(readlink /proc/$there/ns/net) != "$(readlink /proc/self/ns/net)" ]]; do
      sleep 0.01
    done
    ip link set p1b netns $there
    nsenter -t $there -n ip address add 10.99.0.2/24 dev p1b
    nsenter -t $there -n ip link set lo up
    nsenter -t $there -n ip link set p1b up
    ip address add 10.99.0.1/24 dev p1a
    ip link set p1a up
    nsenter -t $there -n influxd -config /dev/null >/dev/null 2>&1 &
    server=http://10.99.0.2:8086
    until curl --silent --max-time 1 $server/ping; do sleep 0.05; done
    curl --silent --data-urlencode 'q=CREATE DATABASE test' $server/query >/dev/null
    p1influx --url $server --db test --spool spool --timeout 2 --batch-age 0.1 <&0 &
    sink=$!
    until [[ -e down ]]; do sleep 0.05; done
    ip link set p1a down
    until [[ -e up ]]; do sleep 0.05; done
    ip link set p1a up
    wait $sink
    # It may have left what it had no time for.
    while compgen -G 'spool/0*' >/dev/null; do
      p1influx --url $server --db test --spool spool </dev/null
    done
    curl --silent --get --data-urlencode 'q=SELECT n FROM test.autogen.dsmr' \\
      --header 'Accept: application/csv' $server/query | sed 1d | cut -d , -f 4
    """

  @Test func cableThatIsPulledOutAndPutInAgainCostsNothing() async throws {
    guard try await Namespaces.haveNetworks() else { return }
    try await TemporaryDirectory.with { directory in
      var settings = ["INFLUXDB_REPORTING_DISABLED": "true"]
      for name in ["META_DIR", "DATA_DIR", "DATA_WAL_DIR"] {
        settings["INFLUXDB_\(name)"] = directory.path(name)
      }
      let program = Program(
        "unshare", ["-rn", "/bin/bash", "-ec", Self.script, "bash"], environment: settings,
        directory: directory.path)
      let records = try RecordFlow(rate: 100)
      try await program.whileRunning(input: records.input) { sink in
        let isStarted = try await Deadline(in: .seconds(60)).poll {
          FileManager.default.fileExists(atPath: directory.path("spool"))
        }
        #expect(isStarted)
        try await records.pass(100)
        try directory.write("", to: "down")
        try await sink.waitForError("; trying again\n", within: .seconds(20))
        try await records.pass(200)
        try directory.write("", to: "up")
        let sent = try await records.finish()
        let result = try await sink.waitForExit(within: .seconds(60))
        #expect(result.status == .success)
        let tally = NumberedTally(result.lines.compactMap { Int($0) }, of: sent)
        #expect(tally.isWhole, "\(tally), \(result.errorText)")
      }
    }
  }
}
