import Foundation
import TestSupport
import TestValues
import Testing

/// A signal ends every tool, whatever its input and output are doing.
@Suite struct StopTests {
  @Test(arguments: ["p1parse", "p1mqtt --port 1 --linger 1", "p1influx --port 1 --linger 1"])
  func signalEndsAToolWithEndlessInput(_ tool: String) async throws {
    let script = "yes a=1 | exec \(tool)"
    try await Program.bash(script).whileRunning { pipe in
      let name = tool.split(separator: " ")[0]
      let isRunning = try await Deadline(in: .seconds(10)).poll {
        !pipe.processes(named: name).isEmpty
      }
      #expect(isRunning)
      pipe.processes(named: name).forEach { kill($0, SIGTERM) }
      let isEnded = try await Deadline(in: .seconds(20)).poll {
        pipe.processes(named: name).isEmpty
      }
      #expect(isEnded)
    }
  }

  /// SIGHUP, as from a terminal that closes, ends no tool.
  @Test(arguments: ["p1cat", "p1parse", "p1mqtt --port 1 --linger 0", "p1influx --port 1"])
  func hangUpEndsNoTool(_ tool: String) async throws {
    let words = tool.split(separator: " ").map(String.init)
    try await Program(words[0], Array(words.dropFirst())).whileRunning { running in
      // A signal before the tool has its handler would end it.
      try await running.wait(for: "a handler") { isCaught(SIGHUP, by: $0.processIdentifier) }
      for _ in 0..<3 { running.send(signal: SIGHUP) }
      running.closeInput()
      let result = try await running.waitForExit()
      #expect(result.status == .success, "\(result.errorText)")
    }
  }

  private func isCaught(_ number: Int32, by identifier: pid_t) -> Bool {
    let file = "/proc/\(identifier)/status"
    let status = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
    let mask = status.firstMatch(of: /SigCgt:\s*([0-9a-f]+)/).flatMap { UInt64($0.1, radix: 16) }
    return (mask ?? 0) >> UInt64(number - 1) & 1 == 1
  }

  @Test(arguments: ["p1cat sim:rate=max", "p1cat sim:rate=max | p1parse"])
  func signalEndsAToolWithABlockedOutput(_ producer: String) async throws {
    try await Program.bash("\(producer) | sleep 60").whileRunning { pipe in
      let name: Substring = producer.contains("p1parse") ? "p1parse" : "p1cat"
      // The tool waits in write(2) or poll(2) once its output is full.
      let isStalled = try await Deadline(in: .seconds(20)).poll {
        pipe.processes(named: name).contains { isWaitingToWrite($0) }
      }
      #expect(isStalled)
      pipe.processes(named: name).forEach { kill($0, SIGTERM) }
      let isEnded = try await Deadline(in: .seconds(20)).poll {
        pipe.processes(named: name).isEmpty
      }
      #expect(isEnded)
    }
  }

  /// The signal arrives before the first write, to a pipe that nobody reads.
  @Test func signalBeforeTheFirstWriteEndsATool() async throws {
    let script = """
      import fcntl, os, signal, subprocess, sys, time
      r, w = os.pipe()
      os.set_blocking(w, False)
      try:
        while os.write(w, b"x" * 4096): pass
      except BlockingIOError: pass
      os.set_blocking(w, True)
      child = subprocess.Popen(["p1parse"], stdin=subprocess.PIPE, stdout=w)
      def caught():
        status = open(f"/proc/{child.pid}/status").read()
        return int(status.split("SigCgt:")[1].split()[0], 16) >> signal.SIGTERM - 1 & 1
      deadline = time.monotonic() + 20
      while not caught() and time.monotonic() < deadline: time.sleep(0.01)
      child.send_signal(signal.SIGSTOP)
      os.waitpid(child.pid, os.WUNTRACED)
      child.stdin.write(sys.stdin.buffer.read())
      child.stdin.flush()
      child.send_signal(signal.SIGTERM)
      child.send_signal(signal.SIGCONT)
      try: print(child.wait(20))
      except subprocess.TimeoutExpired:
        child.kill()
        print("waits")
      """
    let result = try await Program("python3", ["-c", script]).run(
      input: SampleTelegram.numbered(), within: .seconds(60))
    #expect(result.text == "0\n", "\(result.errorText)")
  }

  /// An incomplete line could be mistaken for a complete one.
  @Test func incompleteRecordIsRejected() async throws {
    let port = try ClosedPort()
    let sink = Program("p1influx", ["--port", "\(port.number)", "--linger", "0"])
    try await sink.whileRunning { sink in
      try await sink.write("a=1\n\nenergy=12")
      try await sink.waitForError("trying again")
      sink.send(signal: SIGTERM)
      let result = try await sink.waitForExit()
      #expect(result.errorText.contains("rejected: an incomplete record"))
      #expect(result.errorText.contains("1 record could not be delivered"))
    }
  }

  @Test(arguments: ["p1cat", "p1parse", "p1mqtt --port 1 --linger 0", "p1influx --port 1"])
  func closedInputEndsATool(_ tool: String) async throws {
    let result = try await Program.bash("\(tool) <&-").run()
    #expect(result.status == .success, "\(result.errorText)")
  }

  /// Another process that shares the pipe may have set O_NONBLOCK.
  @Test func outputThatNeverBlocksLosesNothing() async throws {
    let script = """
      import os, subprocess, sys
      r, w = os.pipe()
      os.set_blocking(w, False)
      child = subprocess.Popen(["p1cat", "sim:count=3000,rate=max"], stdout=w)
      os.close(w)
      count = 0
      while block := os.read(r, 65536): count += block.count(b"!")
      print(count, child.wait())
      """
    let result = try await Program("python3", ["-c", script]).run()
    #expect(result.text == "3000 0\n", "\(result.errorText)")
  }

  private func isWaitingToWrite(_ identifier: pid_t) -> Bool {
    let file = "/proc/\(identifier)/wchan"
    return (try? String(contentsOfFile: file, encoding: .utf8))?.contains(/pipe_write|poll/) == true
  }
}
