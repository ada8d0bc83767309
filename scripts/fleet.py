"""Runs a fleet of meters through a broker into a database on this machine: see scripts/fleet --help."""

import argparse
import contextlib
import json
import mmap
import os
import signal
import struct
import subprocess
import sys
import time

import fault

TICKS = os.sysconf("SC_CLK_TCK")
# The metrics of a record, as DSMR 5 has them, with values that change.
METRICS = [
    *(f"energy_{way}_tariff{tariff}_kwh" for way in ("import", "export") for tariff in (1, 2)),
    *(f"power_{way}_kw" for way in ("import", "export")),
    *(f"{name}_l{phase}_{unit}" for name, unit in (
        ("voltage", "v"), ("current", "a"), ("power_import", "kw"), ("power_export", "kw"),
        ("power_reactive_import", "kvar"), ("power_apparent_import", "kva")) for phase in (1, 2, 3)),
]


def feed(meters, first, step, interval, metrics, progress):
    """Writes a record of each of its meters in each interval to standard output, evenly, until SIGTERM."""
    stopping = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
    with open(progress, "r+b") as file:
        shared = mmap.mmap(file.fileno(), 8)
    own = range(first, meters, step)
    names = METRICS[:metrics - 1]
    values = "".join(f"{name}={index + 1}.%03d\n" for index, name in enumerate(names))
    began, number = time.monotonic(), 0
    slices = max(1, round(interval * 20))
    while not stopping:
        cycle, part = divmod(number, slices)
        # Each meter has its own second, so that the times of its records are the interval apart.
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time()))
        text = values % ((cycle % 1000,) * len(names))
        piece = "".join(
            f"timestamp={stamp}\nmeter=M{meter:06}\nn={cycle}\n{text}\n"
            for meter in own[part::slices]).encode()
        while piece:
            piece = piece[os.write(1, piece) :]
        number += 1
        shared[:] = struct.pack("<q", sum(
            len(own[part::slices]) * (number // slices + (part < number % slices))
            for part in range(slices)))
        time.sleep(max(0, began + number * interval / slices - time.monotonic()))


class Sender:
    """A source of records of some meters, and the p1mqtt that publishes them."""

    def __init__(self, index, broker):
        self.name = f"progress.{index}"
        with open(self.name, "w+b") as file:
            file.write(bytes(8))
            file.flush()
            self.shared = mmap.mmap(file.fileno(), 8, prot=mmap.PROT_READ)
        reader, writer = os.pipe()
        self.feeder = fault.start(
            [sys.executable, __file__, "--feed", str(arguments.meters), str(index),
             str(arguments.senders), str(arguments.interval), str(arguments.metrics), self.name],
            stdout=writer)
        os.close(writer)
        self.tool = tool(
            "p1mqtt", *broker.address, "--payload", "record", "--id", f"sender{index}", "--linger", "600",
            stdin=reader)
        os.close(reader)

    @property
    def sent(self):
        return struct.unpack("<q", self.shared[:])[0]


class Node(fault.Receiverless):
    def start(self):
        # With the default of 10 a receiver gets some 3000 records a second, and the others wait in memory.
        self.more = "mqtt.prefetch = 200\n"
        super().start()


def tool(name, *options, **more):
    with open("log", "ab") as log:
        return fault.start(
            [os.path.join(arguments.bin, name), *options],
            env=dict(os.environ, **fault.RabbitMQ.variables), stderr=log, **more)


def family(process):
    """The processes that a process has started, and itself."""
    with contextlib.suppress(OSError):
        with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as file:
            return [process, *(one for child in file.read().split() for one in family(int(child)))]
    return []


class Part:
    """Some processes, with the CPU time and the memory that they take."""

    def __init__(self, title, processes):
        self.title = title
        self.processes = [one for process in processes for one in family(process.pid)]
        self.began = self.cpu()

    def cpu(self):
        seconds = 0
        for process in self.processes:
            with contextlib.suppress(OSError), open(f"/proc/{process}/stat", encoding="ascii") as file:
                fields = file.read().rsplit(")", 1)[1].split()
                seconds += (int(fields[11]) + int(fields[12])) / TICKS
        return seconds

    def line(self, seconds):
        cores = (self.cpu() - self.began) / seconds
        memory = sum(map(fault.pss, self.processes)) / 1024
        return f"| {self.title} | {100 * cores:.1f} | {memory:.0f} |"


def stored(database):
    """How many records the database has, and how many of them twice."""
    database.ask("GET", "/internal/force_flush")
    text = database.ask("GET", "/api/v1/export", **{"match[]": "dsmr_n"})[1]
    unique = total = 0
    for line in text.splitlines():
        values = json.loads(line)["values"]
        total += len(values)
        unique += len(set(values))
    return unique, total - unique


def inserted(database):
    """How many values the database has received."""
    rows = [
        line.split()[-1] for line in database.ask("GET", "/metrics")[1].splitlines()
        if line.startswith('vm_rows_inserted_total{type="influx"}')]
    return int(rows[0]) if rows else 0


def count(database):
    """About how many records the database has."""
    return inserted(database) // arguments.metrics


def main():
    broker, database = Node("broker"), fault.VictoriaMetrics("database")
    receiver = tool(
        "p1mqtt", *broker.address, "--receive", "--id", "fleet", "dsmr/+/record", stdout=subprocess.PIPE)
    sink = tool(
        "p1influx", "--url", database.url, "--db", "test", "--spool", "spool", "--spool-size", "4096",
        stdin=receiver.stdout)
    # The session of the receiver has to exist before the first record.
    fault.wait_until("a subscription", lambda: passes(broker, database))
    senders = [Sender(index, broker) for index in range(arguments.senders)]
    waiting = lambda: sum(sender.sent for sender in senders) - count(database)
    # A database needs more time for a meter that it does not know.
    time.sleep(2 * arguments.interval)
    with contextlib.suppress(TimeoutError):
        fault.wait_until(
            "the first records", lambda: waiting() < 2 * arguments.meters / arguments.interval, 180, 0.5)
    parts = [
        Part("records (Python)", [sender.feeder for sender in senders]),
        Part(f"p1mqtt, {arguments.senders} senders", [sender.tool for sender in senders]),
        Part("RabbitMQ", [broker.process]), Part("p1mqtt --receive", [receiver]),
        Part("p1influx", [sink]), Part("VictoriaMetrics", [database.process]),
    ]
    began, sent = time.monotonic(), sum(sender.sent for sender in senders)
    delays = []
    while time.monotonic() < began + arguments.seconds:
        time.sleep(1)
        delays.append(waiting())
    seconds = time.monotonic() - began
    rate = (sum(sender.sent for sender in senders) - sent) / seconds
    print(f"{arguments.meters} meters at {arguments.interval:g} s, {arguments.metrics} metrics: "
          f"{rate:.0f} records/s for {seconds:.0f} s\n")
    print("| part | CPU, % of a core | memory MiB |\n|---|--:|--:|")
    for part in parts:
        print(part.line(seconds))
    for sender in senders:
        sender.feeder.terminate()
    ended = time.monotonic()
    for sender in senders:
        sender.feeder.wait(60)
        sender.tool.wait(900)
    total = sum(sender.sent for sender in senders)
    with contextlib.suppress(TimeoutError):
        fault.wait_until("all records", lambda: count(database) >= total, 600, 0.5)
    drained = time.monotonic() - ended
    receiver.terminate()
    sink.wait(600)
    delivered, duplicated = stored(database)
    print("\n| records in | delivered | duplicated | lost | not yet stored, median and most | drained in s |")
    print("|--:|--:|--:|--:|--:|--:|")
    delays.sort()
    print(f"| {total} | {delivered} | {duplicated} | {total - delivered} "
          f"| {delays[len(delays) // 2]}, {delays[-1]} | {drained:.1f} |")
    return total != delivered


def passes(broker, database):
    """Publishes a record; whether one is in the database."""
    publish = [*broker.client("mosquitto_pub"), "-q", "1", "-t", "dsmr/ready/record", "-m", "ready=1\n\n"]
    subprocess.run(publish, check=False, stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    return inserted(database) > 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--feed"]:
        feed(*map(int, sys.argv[2:5]), float(sys.argv[5]), int(sys.argv[6]), sys.argv[7])
        sys.exit()
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--meters", type=int, default=10_000)
    parser.add_argument("--interval", type=float, default=10)
    parser.add_argument("--metrics", type=int, default=len(METRICS) + 1)
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=60)
    arguments = fault.arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        fault.kill_all()
