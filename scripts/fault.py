"""The faults of scripts/fault, which builds the tools and calls this program.

A separate process writes numbered records through a pipe to a sink. Each fault is a function with
its name, which returns rows of the table. For a fault that needs its own network or mounts, this
program runs itself again in namespaces of Linux.
"""

import argparse
import contextlib
import dataclasses
import http.client
import http.server
import json
import mmap
import os
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.parse

NOON = 1768478400  # 2026-01-15T12:00:00Z, the time of record 0
MIB = 1 << 20


def say(text):
    print(f"fault: {text}", file=sys.stderr, flush=True)


def wait_until(what, condition, seconds=120, pause=0.02):
    """Polls a condition until it holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(pause)


# ---- Records ----


def record(number, padding, meters=0):
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOON + number))
    meter = f"meter=M{number % meters}\n" if meters else ""
    text = f"message={'x' * padding}\n" if padding else ""
    return f"timestamp={stamp}\n{meter}n={number}\n{text}\n".encode()


def telegram(number):
    stamp = time.strftime("%y%m%d%H%M%SW", time.gmtime(NOON + 3600 + number))
    text = (
        f"/FLT5P1RUN\r\n\r\n1-3:0.2.8(99)\r\n0-0:1.0.0({stamp})\r\n0-0:96.1.1(4D31)\r\n"
        f"0-0:99.9.9({number})\r\n!").encode()
    checksum = 0
    for byte in text:
        checksum ^= byte
        for _ in range(8):
            checksum = checksum >> 1 ^ (0xA001 if checksum & 1 else 0)
    return text + b"%04X\r\n" % checksum


def feed(rate, padding, progress, first=0, step=1, meters=0):
    """Writes each record of its share, or telegrams if the padding is negative, to standard output until SIGTERM."""
    stopping = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
    with open(progress, "r+b") as file:
        shared = mmap.mmap(file.fileno(), 16)
    began, number, longest = time.monotonic(), 0, 0
    while not stopping:
        piece = (
            telegram(number) if padding < 0 else record(first + step * number, padding, meters))
        before = time.monotonic_ns()
        while piece:
            piece = piece[os.write(1, piece) :]
        longest = max(longest, time.monotonic_ns() - before)
        number += 1
        shared[:] = struct.pack("<qq", number, longest)
        time.sleep(max(0, began + number / rate - time.monotonic()))


def watch(arrivals):
    """The other consumer: writes the time of arrival of each record to a file."""
    with open(arrivals, "wb", buffering=0) as file, os.fdopen(0, "rb", buffering=0) as source:
        while piece := source.read(65536):
            if count := piece.count(b"\nn="):
                file.write(struct.pack("<d", time.monotonic()) * count)


class Feeder:
    """A process that writes records into a pipe; the pipe stays open when its reader exits."""

    def __init__(self, rate, padding=0, output=None, share=()):
        """The share is the first number, the step to the next, and the number of meters."""
        self.input, self.output = (None, output) if output else os.pipe()
        self.rate = rate
        self.name = f"progress.{time.monotonic_ns()}"
        with open(self.name, "w+b") as file:
            file.write(bytes(16))
            file.flush()
            self.shared = mmap.mmap(file.fileno(), 16, prot=mmap.PROT_READ)
        self.process = start(
            [sys.executable, __file__, "--feed", str(rate), str(padding), self.name,
             *map(str, share)],
            stdout=self.output)

    @property
    def sent(self):
        return struct.unpack("<qq", self.shared[:])[0]

    @property
    def stall(self):
        """The longest time that writing a record took, in seconds."""
        return struct.unpack("<qq", self.shared[:])[1] / 1e9

    def run_for(self, seconds):
        """Waits until the records of this many seconds were written."""
        end = self.sent + max(1, round(seconds * self.rate))
        wait_until(f"record {end}", lambda: self.sent >= end, 60 + 4 * seconds, 0.002)

    def finish(self):
        """Ends the flow and closes the pipe; returns the number of records."""
        self.process.terminate()
        self.process.wait(60)
        if self.output is not None:
            os.close(self.output)
        self.output = None
        return self.sent


# ---- Processes ----

children = []


def start(command, **options):
    process = subprocess.Popen(command, **options)
    children.append(process)
    return process


def send(process, number):
    """Sends a signal to a process, and to its process group if it leads result."""
    with contextlib.suppress(ProcessLookupError):
        if os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)


def kill_all():
    for process in children:
        if process.poll() is None:
            send(process, signal.SIGCONT)
            send(process, signal.SIGKILL)
            process.wait()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Server:
    """A server for a sink, with its own directory; it can be killed and started again."""

    variables = {}  # the environment of the sink
    forgotten = 0  # how many acknowledged records a kill may lose

    def __init__(self, folder, host="127.0.0.1", prefix=(), port=None):
        """The prefix runs its commands in another network."""
        self.folder, self.prefix = folder, prefix
        self.host, self.port = host, port or free_port()
        self.process = None
        self.start()

    def start(self):
        """Starts the server and waits until it answers."""
        environment = dict(os.environ, **self.environment())
        with open(f"{self.folder}.log", "ab") as log:
            self.process = start(
                [*self.prefix, *self.command()], env=environment, stdout=log, stderr=log,
                start_new_session=True)
        wait_until(f"an answer of {self.folder}", self.answers)

    def environment(self):
        return {}

    def kill(self):
        send(self.process, signal.SIGKILL)
        self.process.wait()

    def delivered(self, _):
        """The numbers of the records that have arrived at the end."""
        return self.numbers()

    def duplicates(self):
        """The number of duplicates; None if they are not visible."""
        return None


def unique_in_order(numbers):
    """Each number once; an error if the first arrivals are not in order."""
    order = list(dict.fromkeys(numbers))
    if order != sorted(order):
        raise RuntimeError("records arrived out of order")
    return order


class Database(Server):
    @property
    def url(self):
        return f"http://{self.host}:{self.port}"

    @property
    def sink(self):
        """The command of a sink for this server."""
        return sink_to(self.url)

    def answers(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.ask("GET", "/ping")[0] == 204

    def ask(self, method, path, **query):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request(method, f"{path}?{urllib.parse.urlencode(query)}")
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()


def sink_to(url):
    return ["p1influx", "--url", url, "--db", "test", "--batch-age", "0.1"]


class InfluxDB(Database):
    title = "InfluxDB"

    def start(self):
        super().start()
        self.ask("POST", "/query", q="CREATE DATABASE test")

    def command(self):
        return ["influxd", "-config", "/dev/null"]

    def environment(self):
        return {
            "INFLUXDB_REPORTING_DISABLED": "true",
            "INFLUXDB_BIND_ADDRESS": f"127.0.0.1:{free_port()}",
            "INFLUXDB_META_DIR": f"{self.folder}/meta",
            "INFLUXDB_DATA_DIR": f"{self.folder}/data",
            "INFLUXDB_DATA_WAL_DIR": f"{self.folder}/wal",
            "INFLUXDB_HTTP_BIND_ADDRESS": f"{self.host}:{self.port}",
            "INFLUXDB_HTTP_LOG_ENABLED": "false",
            "INFLUXDB_MONITOR_STORE_ENABLED": "false",
        }

    def rows(self, query):
        """The values of the last column."""
        answer = json.loads(self.ask("GET", "/query", db="test", q=query)[1])
        series = answer["results"][0].get("series", [])
        return [int(row[-1]) for one in series for row in one["values"]]

    def has_arrived(self, count):
        return count <= sum(self.rows("SELECT count(n) FROM dsmr"))

    def numbers(self):
        return self.rows("SELECT n FROM dsmr")


class VictoriaMetrics(Database):
    title = "VictoriaMetrics"

    def command(self):
        return [
            "victoria-metrics", f"-httpListenAddr={self.host}:{self.port}",
            f"-storageDataPath={self.folder}", "-retentionPeriod=100y"]

    def numbers(self):
        self.ask("GET", "/internal/force_flush")
        text = self.ask("GET", "/api/v1/export", **{"match[]": "dsmr_n"})[1]
        return [int(value) for line in text.splitlines() for value in json.loads(line)["values"]]


class Broker(Server):
    """A broker and a subscriber with a persistent session."""

    login = ()

    def start(self):
        os.makedirs(self.folder, exist_ok=True)
        super().start()
        if not hasattr(self, "subscriber"):
            self.file = open(f"{self.folder}.messages", "w+b")
            self.received, self.rest = [], b""
            self.subscriber = start(
                [*self.client("mosquitto_sub"), "-c", "-i", "fault", "-q", "1",
                 "-t", "dsmr/+/record"],
                stdout=self.file, stderr=subprocess.DEVNULL)
            wait_until("a subscription", self.is_subscribed)

    def client(self, program):
        user = ["-u", self.login[0], "-P", self.login[1]] if self.login else []
        return [*self.prefix, program, "-h", self.host, "-p", str(self.port), *user]

    def answers(self):
        return subprocess.run(
            [*self.client("mosquitto_sub"), "-E", "-W", "5", "-t", "ready"], check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def is_subscribed(self):
        """Publishes a message; whether one has arrived."""
        subprocess.run(
            [*self.client("mosquitto_pub"), "-q", "1", "-t", "dsmr/meter/record", "-m", "ready=1"],
            check=False, stderr=subprocess.DEVNULL)
        return os.path.getsize(self.file.name) > 0

    @property
    def sink(self):
        return ["p1mqtt", *self.address, "--payload", "record"]

    @property
    def address(self):
        user = ["--user", self.login[0]] if self.login else []
        return ["--broker", self.host, "--port", str(self.port), *user]

    def numbers(self):
        """The numbers that the subscriber has received, in order of arrival."""
        piece = os.pread(self.file.fileno(), 1 << 30, self.offset)
        self.offset += len(piece)
        *lines, self.rest = (self.rest + piece).split(b"\n")
        self.received += [int(line[2:]) for line in lines if line.startswith(b"n=")]
        return self.received

    offset = 0

    def clear(self):
        self.numbers()
        self.received, self.rest = [], b""

    def has_arrived(self, count):
        """Whether the last of this many records has arrived."""
        return max(self.numbers(), default=-1) >= count - 1

    def delivered(self, sent):
        """Waits for the last records, which may be in flight."""
        with contextlib.suppress(TimeoutError):
            wait_until("all records", lambda: len(set(self.numbers())) >= sent, 30, 0.2)
        return self.unique(self.numbers())

    def unique(self, numbers):
        return unique_in_order(numbers)

    def duplicates(self):
        return len(self.received) - len(set(self.received))


class Mosquitto(Broker):
    """It writes a message to the disk after its acknowledgement: a kill in between loses it."""

    title = "mosquitto"
    forgotten = 1

    def command(self):
        path = os.path.join(self.folder, "mosquitto.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                f"listener {self.port} {self.host}\nallow_anonymous true\nuser root\n"
                f"persistence true\npersistence_location {os.path.abspath(self.folder)}/\n"
                "autosave_on_changes true\nautosave_interval 1\nmax_queued_messages 0\n")
        return ["mosquitto", "-c", path]


class RabbitMQ(Broker):
    title = "RabbitMQ"
    login = ("p1", "fault")
    variables = {"MQTT_PASS": login[1]}

    def __init__(self, *options):
        self.ports = [free_port() for _ in range(2)]
        self.epmd, self.more = start_epmd(), ""
        super().__init__(*options)

    @property
    def node(self):
        return f"fault{self.port}@localhost"

    def command(self):
        return ["/usr/lib/rabbitmq/bin/rabbitmq-server"]

    def environment(self):
        folder = os.path.abspath(self.folder)
        for name, text in (
            ("rabbitmq.conf",
             f"mqtt.listeners.tcp.default = {self.host}:{self.port}\n"
             f"listeners.tcp.default = {self.host}:{self.ports[0]}\n"
             f"default_user = {self.login[0]}\ndefault_pass = {self.login[1]}\n{self.more}"),
            ("enabled_plugins", "[rabbitmq_mqtt].\n"),
            ("inetrc", '{lookup, [file]}.\n{hosts_file, "/etc/hosts"}.\n')):
            with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
                file.write(text)
        return {
            "HOME": folder,
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self.epmd),
            "ERL_INETRC": f"{folder}/inetrc",
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/none",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
            "RABBITMQ_DIST_PORT": str(self.ports[1]),
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-setcookie fault",
        }


class Receiverless(RabbitMQ):
    """RabbitMQ without a subscriber."""

    def start(self):
        os.makedirs(self.folder, exist_ok=True)
        Server.start(self)

    def sessions(self):
        """How many persistent sessions there are."""
        answer = subprocess.run(
            ["/usr/lib/rabbitmq/bin/rabbitmqctl", "-q", "-n", self.node, "--erlang-cookie", "fault",
             "list_queues", "--no-table-headers", "name"],
            env=dict(os.environ, **self.environment()), check=False, stdout=subprocess.PIPE, text=True)
        return answer.stdout.count("mqtt-subscription-")


def start_epmd():
    """The port of a name server of Erlang, which would outlive a node that started it."""
    port = free_port()
    start(["epmd", "-address", "127.0.0.1", "-port", str(port)])
    return port


class ClusterNode(RabbitMQ):
    """A node of RabbitMQ that shares the queues of receivers with the others."""

    def __init__(self, folder, port, epmd, names):
        os.makedirs(folder)
        self.ports, self.epmd = [free_port() for _ in range(2)], epmd
        self.more = (
            "mqtt.durable_queue_type = quorum\n"
            "cluster_formation.peer_discovery_backend = classic_config\n" + "".join(
                f"cluster_formation.classic_config.nodes.{index} = {name}\n"
                for index, name in enumerate(names, 1)))
        Server.__init__(self, folder, port=port)

    def start(self):
        Server.start(self)


class Cluster(Broker):
    """Three nodes of RabbitMQ, and p1mqtt as the subscriber."""

    title = "a node of RabbitMQ"
    variables = RabbitMQ.variables

    def __init__(self, folder, meters):
        self.meters = meters
        ports, epmd = [free_port() for _ in range(3)], start_epmd()
        names = [f"fault{port}@localhost" for port in ports]
        self.folder = folder
        self.nodes = [
            ClusterNode(f"{folder}/{port}", port, epmd, names) for port in ports]
        self.file = open(f"{folder}/messages", "w+b")
        self.received, self.rest = [], b""
        log = open(f"{folder}/receiver.log", "ab")
        self.subscriber = start(
            [os.path.join(arguments.bin, "p1mqtt"), *self.address, "--receive", "--id", "fault",
             "dsmr/+/record"],
            env=dict(os.environ, **self.variables), stdout=self.file, stderr=log)
        wait_until("a subscription", self.is_subscribed)

    @property
    def address(self):
        nodes = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return ["--broker", nodes, "--user", RabbitMQ.login[0]]

    late = 0

    def unique(self, numbers):
        """A node that is killed may pass a record on and lose the one before, which is then sent again."""
        order, last = list(dict.fromkeys(numbers)), {}
        for number in order:
            meter = number % self.meters
            self.late += number < last.get(meter, -1)
            last[meter] = max(number, last.get(meter, -1))
        return order

    def client(self, program):
        return self.nodes[0].client(program)


class Relay(http.server.ThreadingHTTPServer):
    """A proxy of a database that counts how often each record was acknowledged."""

    forgotten = 0

    def __init__(self, server):
        super().__init__(("127.0.0.1", 0), RelayHandler)
        self.server, self.acknowledged, self.variables = server, [], {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def sink(self):
        return sink_to(f"http://127.0.0.1:{self.server_address[1]}")

    def has_arrived(self, count):
        """Whether the last of this many records was acknowledged."""
        return max(self.acknowledged, default=-1) >= count - 1

    def delivered(self, _):
        unique_in_order(self.acknowledged)
        return self.server.numbers()

    def duplicates(self):
        return len(self.acknowledged) - len(set(self.acknowledged))

    def handle_error(self, *_):
        pass


class RelayHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        relay, self.close_connection = self.server, True
        connection = http.client.HTTPConnection(relay.server.host, relay.server.port, timeout=60)
        try:
            connection.request("POST", self.path, body, dict(self.headers))
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            return  # closes the connection without an answer
        finally:
            connection.close()
        if response.status == 204:
            relay.acknowledged += [int(n) for n in re.findall(rb"(?m) n=(\d+)", body)]
        self.close_connection = False
        self.send_response(response.status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def pss(number):
    """The PSS of a process in KiB; 0 if the process has ended."""
    try:
        with open(f"/proc/{number}/smaps_rollup", encoding="ascii") as file:
            return int(re.search(r"(?m)^Pss:\s+(\d+)", file.read())[1])
    except OSError:
        return 0


class Sink:
    """p1influx or p1mqtt with a spool."""

    def __init__(self, server, spool, *options):
        self.name, *more = server.sink
        self.command = [
            os.path.join(arguments.bin, self.name), *more, "--spool", spool, "--linger", "120",
            *options]
        self.environment = dict(os.environ, **server.variables)
        self.log = f"{spool}.log"
        self.process = None

    def start(self, source):
        with open(self.log, "ab") as log:
            self.process = start(self.command, env=self.environment, stdin=source, stderr=log)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def wait(self):
        """Waits until the sink exits. Returns how many records it counted as lost."""
        status = self.process.wait(300)
        lost = re.findall(r": (\d+) records? could not be delivered", self.messages)
        if status not in (0, 69) or (status == 69) != bool(lost):
            raise RuntimeError(f"{self.name} ended with status {status}: {self.messages[-1000:]}")
        return int(lost[-1]) if lost else 0

    @property
    def messages(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    @property
    def memory(self):
        return pss(self.process.pid)

    @property
    def written(self):
        """The bytes written to the disk, without files that were removed before that."""
        with open(f"/proc/{self.process.pid}/io", encoding="ascii") as file:
            counts = dict(re.findall(r"(?m)^(\w+): (\d+)$", file.read()))
        return int(counts["write_bytes"]) - int(counts["cancelled_write_bytes"])

    def wait_for_outage(self, seconds=120):
        seen = len(self.messages)
        wait_until("an outage", lambda: "; trying again" in self.messages[seen:], seconds)


class Composition:
    """scripts/p1run with telegrams on standard input, a broker and a database."""

    specification = (
        '{"0-0:1.0.0": ["time", "timestamp", "^.*\\\\((.*)\\\\)"],\n'
        '"0-0:96.1.1": ["meter", "meter", "^.*\\\\((.*)\\\\)"],\n'
        '"0-0:99.9.9": ["number", "n", "^.*\\\\((.*)\\\\)"]}\n')

    def __init__(self, folder, database, broker):
        os.makedirs(folder)
        with open(f"{folder}/dsmr99.py", "w", encoding="utf-8") as file:
            file.write(self.specification)
        self.mark = f"P1_FAULT={folder}"
        self.environment = dict(
            os.environ, P1_BIN=arguments.bin, P1_SPEC_DIR=folder, STATE_DIRECTORY=folder,
            INFLUXDB_URL=database.url, INFLUXDB_DB="test", MQTT_BROKER=broker.host,
            MQTT_PORT=str(broker.port), MQTT_PAYLOAD="record", P1_FAULT=folder)
        self.log = f"{folder}/log"
        self.process = None

    def start(self, source):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "p1run")
        with open(self.log, "ab") as log:
            self.process = start([script, "-"], env=self.environment, stdin=source, stderr=log)

    @property
    def processes(self):
        """The pids and names of p1run and of all processes that it has started."""
        found = []
        for number in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                with open(f"/proc/{number}/environ", "rb") as file:
                    is_ours = self.mark.encode() in file.read().split(b"\0")
                with open(f"/proc/{number}/comm", encoding="utf-8") as file:
                    name = file.read().strip()
                if is_ours:
                    found.append((int(number), name))
        return found

    def find(self, name):
        """The pid of the tool with this name, once it runs."""
        found = []

        def is_there():
            found[:] = [number for number, comm in self.processes if comm == name]
            return bool(found)

        wait_until(name, is_there)
        return found[0]

    @property
    def messages(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()


# ---- The table ----


@dataclasses.dataclass
class Row:
    fault: str
    records: int
    delivered: int
    dropped: int  # counted by the sink when its buffer was full
    duplicated: int | None  # None if duplicates are not visible
    lost: int
    recovery: float
    stall: float
    memory: int
    notes: list = dataclasses.field(default_factory=list)
    forgotten: int = 0  # how many acknowledged records the server itself may lose


def row(fault, server, feeder, sink, recovery=None, memory=None, kills=0):
    """Ends the flow and waits for the sink; returns the row of the table.

    Without other values, the recovery time is that until the sink exits, and the memory is the
    current memory of the sink."""
    memory = memory or sink.memory
    sent = feeder.finish()
    seconds, dropped = timed(sink.wait)
    known = set(server.delivered(sent - dropped))
    if strange := known - set(range(sent)):
        raise RuntimeError(f"{fault}: {len(strange)} records that were never sent")
    result = Row(
        fault, sent, len(known), dropped, server.duplicates(), sent - len(known) - dropped,
        seconds if recovery is None else recovery, feeder.stall, memory,
        forgotten=server.forgotten * kills)
    if result.lost and result.forgotten:
        result.notes.append(
            f"at each kill the broker may lose the last {server.forgotten} acknowledged, if the "
            "subscriber does not have it yet")
    return result


def print_table(rows):
    print("| fault | records in | delivered | dropped, counted | duplicated | lost | recovery s "
          "| longest stall ms | memory MiB |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for result in rows:
        duplicated = "not shown" if result.duplicated is None else result.duplicated
        print(f"| {result.fault} | {result.records} | {result.delivered} | {result.dropped} "
              f"| {duplicated} | {result.lost} | {result.recovery:.1f} | {result.stall * 1000:.1f} "
              f"| {result.memory / 1024:.1f} |")
    for result in rows:
        for note in result.notes:
            print(f"\n{result.fault}: {note}.")


# ---- Faults ----


def timed(wait):
    """The duration of a call, and its result."""
    before = time.monotonic()
    result = wait()
    return time.monotonic() - before, result


def sink_kill():
    for kind in InfluxDB, Mosquitto, RabbitMQ:
        server = kind(f"sink-kill-{kind.title}")
        feeder, sink = Feeder(arguments.rate), Sink(server, f"{server.folder}.spool")
        for _ in range(arguments.kills):
            sink.start(feeder.input)
            feeder.run_for(random.uniform(0, 0.5))
            sink.kill()
        sink.start(feeder.input)
        feeder.run_for(1)
        yield row(f"{sink.name} to {kind.title} killed {arguments.kills} times", server, feeder,
                  sink)


def p1run_kill():
    """Kills each tool of p1run in turn, and p1run itself; no process may be left at the end."""
    database, broker = InfluxDB("p1run-InfluxDB"), Mosquitto("p1run-mosquitto")
    for name in "p1cat", "p1parse", "tee", "p1mqtt", "p1influx", "p1run":
        # The numbers begin at 0 again, so the records of the previous tool are removed.
        folder = os.path.abspath(f"p1run-{name}")
        database.ask("POST", "/query", q="DROP DATABASE test")
        database.ask("POST", "/query", q="CREATE DATABASE test")
        broker.clear()
        feeder = Feeder(arguments.rate, -1)
        composition = Composition(folder, database, broker)
        composition.start(feeder.input)
        for _ in range(arguments.kills):
            victim = composition.process.pid if name == "p1run" else composition.find(name)
            # Longer than the pause before a restart, so that p1run does not increase the pause.
            time.sleep(random.uniform(1.2, 1.6))
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
            if name == "p1run":
                composition.process.wait()
                wait_until("its end", lambda: not composition.processes, 60)
                composition.start(feeder.input)
        feeder.run_for(2)
        memory = sum(map(pss, (number for number, _ in composition.processes)))
        sent = feeder.finish()
        status = composition.process.wait(120)
        left = composition.processes
        if status or left:
            raise RuntimeError(
                f"p1run ended with status {status}, left {left}: {composition.messages[-1000:]}")
        recovery, _ = timed(lambda: database.has_arrived(sent))
        for server in database, broker:
            known = set(server.delivered(sent))
            yield Row(
                f"{name} of p1run killed {arguments.kills} times, to {server.title}", sent,
                len(known), 0, server.duplicates(), sent - len(known), recovery, feeder.stall,
                memory)
            if missing := sorted(set(range(sent)) - known):
                say(f"{name}: {server.title} lacks {missing[:20]}")


def server_kill():
    return servers_killed(InfluxDB, VictoriaMetrics)


def broker_kill():
    return servers_killed(Mosquitto, RabbitMQ)


def servers_killed(*kinds):
    for kind in kinds:
        server = kind(f"kill-{kind.title}")
        # A database shows neither duplicates nor the order of arrival.
        receiver = Relay(server) if isinstance(server, Database) else server
        # InfluxDB acknowledges points after it has written them to the disk, VictoriaMetrics some
        # seconds before.
        options = ["--settle", "15"] if kind is VictoriaMetrics else []
        feeder = Feeder(arguments.rate)
        sink = Sink(receiver, f"{server.folder}.spool", *options)
        sink.start(feeder.input)
        recovery = 0
        for _ in range(arguments.server_kills):
            feeder.run_for(random.uniform(0.5, 3))
            server.kill()
            feeder.run_for(random.uniform(0.1, 1))
            server.start()
            recovery = max(recovery, recover(receiver, feeder))
        yield row(f"{kind.title} killed {arguments.server_kills} times", receiver, feeder, sink,
                  recovery, kills=arguments.server_kills)


class Senders:
    """Many meters, shared among some processes of p1mqtt."""

    def __init__(self, server, rate, meters, options):
        """The options are those of each process."""
        self.rate, self.meters, self.count = rate, meters, len(options)
        self.feeders = [
            Feeder(rate / self.count, share=(index, self.count, meters)) for index in range(self.count)]
        self.sinks = [
            Sink(server, f"{server.folder}.spool{index}", "--id", f"sender{index}", *more)
            for index, more in enumerate(options)]
        for sink, feeder in zip(self.sinks, self.feeders):
            sink.start(feeder.input)

    @property
    def numbers(self):
        """The numbers of all records sent so far."""
        return {
            index + self.count * number
            for index, feeder in enumerate(self.feeders) for number in range(feeder.sent)}

    def run_for(self, seconds):
        self.feeders[0].run_for(seconds)

    def arrive(self, receiver):
        """The time until all records sent so far have arrived."""
        goal = self.numbers
        return timed(lambda: wait_until(
            f"{len(goal)} records", lambda: goal.issubset(receiver.numbers()), 300, 0.05))[0]

    def row(self, fault, receiver, times):
        """Ends the flow and waits for the sinks; returns the row of the table."""
        memory = sum(sink.memory for sink in self.sinks)
        for feeder in self.feeders:
            feeder.finish()
        sent, dropped = self.numbers, sum(sink.wait() for sink in self.sinks)
        known = set(receiver.delivered(len(sent) - dropped))
        if strange := known - sent:
            raise RuntimeError(f"{fault}: {len(strange)} records that were never sent")
        return Row(
            fault, len(sent), len(known), dropped, receiver.duplicates(), len(sent) - len(known) - dropped,
            max(times), max(feeder.stall for feeder in self.feeders), memory, [
                f"{self.rate:g} records a second of {self.meters} meters by {self.count} processes; after each kill, "
                f"all records sent so far had arrived after {', '.join(f'{seconds:.1f}' for seconds in times)} s"])


def failover():
    """Kills each node of a cluster in turn, while the others are there."""
    meters = 5000
    server = Cluster("failover", meters)
    senders = Senders(server, max(500, arguments.rate), meters, 20 * [["--broker-order", "shuffled"]])
    senders.run_for(2)
    times = []
    for number in range(arguments.server_kills):
        node = server.nodes[number % len(server.nodes)]
        node.kill()
        times.append(senders.arrive(server))
        node.start()
        senders.run_for(2)
    result = senders.row(
        f"{server.title} of three killed {arguments.server_kills} times", server, times)
    result.notes.append(f"{server.late} records arrived after a later one of their meter")
    yield result


class GroupReceivers:
    """Three receivers of RabbitMQ; each group of meters has two of them."""

    groups = ("north", "south", "west")

    def __init__(self, server):
        self.server, self.names, self.processes = server, range(len(self.groups)), {}
        self.received, self.offsets = [], [0 for _ in self.names]
        for index in self.names:
            self.start(index)

    def path(self, index):
        return f"{self.server.folder}.receiver{index}"

    def start(self, index):
        filters = [f"{self.groups[(index + step) % len(self.groups)]}/+/record" for step in (0, 1)]
        with open(self.path(index), "ab") as output, open(f"{self.server.folder}.log", "ab") as log:
            self.processes[index] = start(
                [os.path.join(arguments.bin, "p1mqtt"), *self.server.address, "--receive", "--id",
                 f"receiver{index}", *filters],
                env=dict(os.environ, **self.server.variables), stdout=output, stderr=log)

    def kill(self, index):
        self.processes[index].kill()
        self.processes[index].wait()

    def numbers(self):
        """The numbers that all have received, with duplicates."""
        for index in self.names:
            with open(self.path(index), "rb") as file:
                file.seek(self.offsets[index])
                text = file.read()
            end = text.rfind(b"\n") + 1
            self.offsets[index] += end
            self.received += [int(line[2:]) for line in text[:end].splitlines() if line.startswith(b"n=")]
        return self.received

    def delivered(self, sent):
        """Waits until both receivers of each record have it."""
        with contextlib.suppress(TimeoutError):
            wait_until("all records", lambda: len(self.numbers()) >= 2 * sent, 30, 0.2)
        return self.received

    def duplicates(self):
        return len(self.received) - len(set(self.received))


def receivers():
    """Kills each of three receivers in turn, while another one reads the same meters."""
    server = Receiverless("receivers")
    group = GroupReceivers(server)
    wait_until("three sessions", lambda: server.sessions() == len(group.names), 60, 0.5)
    senders = Senders(
        server, max(300, arguments.rate), 300, [["--prefix", name] for name in group.groups])
    senders.run_for(2)
    times = []
    for number in range(arguments.kills):
        index = number % len(group.names)
        group.kill(index)
        senders.run_for(1)
        times.append(senders.arrive(group))
        group.start(index)
        senders.run_for(1)
    result = senders.row(f"one of three receivers killed {arguments.kills} times", group, times)
    result.notes.append("each record has two receivers, so that it arrives twice")
    yield result


def stop():
    for kind in InfluxDB, Mosquitto, RabbitMQ:
        server = kind(f"stop-{kind.title}")
        # This rate fills a pipe in less time than the server is stopped.
        feeder = Feeder(max(400, arguments.rate), padding=1000)
        sink = Sink(server, f"{server.folder}.spool", "--timeout", "2")
        sink.start(feeder.input)
        feeder.run_for(1)
        send(server.process, signal.SIGSTOP)
        sink.wait_for_outage()
        feeder.run_for(6)
        send(server.process, signal.SIGCONT)
        recovery = recover(server, feeder)
        yield row(f"{kind.title} stopped, then continued", server, feeder, sink, recovery)


def recover(server, feeder):
    """The time until all records sent so far have arrived."""
    goal = feeder.sent
    arrival = lambda: wait_until(f"{goal} records", lambda: server.has_arrived(goal), 300, 0.1)
    return timed(arrival)[0]


def link():
    """Runs in a network namespace."""
    holder = start(["unshare", "-n", "sleep", "3600"])
    mine = os.readlink("/proc/self/ns/net")
    wait_until("a network", lambda: os.readlink(f"/proc/{holder.pid}/ns/net") != mine)
    there = ["nsenter", "-t", str(holder.pid), "-n"]
    for command in [
        ["ip", "link", "set", "lo", "up"],
        ["ip", "link", "add", "p1a", "type", "veth", "peer", "name", "p1b"],
        ["ip", "link", "set", "p1b", "netns", str(holder.pid)],
        [*there, "ip", "address", "add", "10.99.0.2/24", "dev", "p1b"],
        [*there, "ip", "link", "set", "lo", "up"],
        [*there, "ip", "link", "set", "p1b", "up"],
        ["ip", "address", "add", "10.99.0.1/24", "dev", "p1a"],
        ["ip", "link", "set", "p1a", "up"],
    ]:
        subprocess.run(command, check=True)
    for kind in InfluxDB, Mosquitto:
        server = kind(f"link-{kind.title}", "10.99.0.2", there)
        feeder = Feeder(arguments.rate)
        sink = Sink(server, f"{server.folder}.spool", "--timeout", "2")
        sink.start(feeder.input)
        recovery = 0
        for _ in range(3):
            feeder.run_for(1)
            subprocess.run(["ip", "link", "set", "p1a", "down"], check=True)
            # Longer than the timeout; the same message may not be logged again.
            feeder.run_for(5)
            subprocess.run(["ip", "link", "set", "p1a", "up"], check=True)
            recovery = max(recovery, recover(server, feeder))
        yield row(f"link to {kind.title} down and up, 3 times", server, feeder, sink, recovery)


def full_disk():
    """Runs in a mount namespace."""
    for kind in InfluxDB, Mosquitto:
        for name, buffer, count in ("within", 4, 2000), ("beyond", 1, 4000):
            server = kind(f"full-disk-{name}-{kind.title}")
            spool = f"{server.folder}.spool"
            os.mkdir(spool)
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", spool], check=True)
            feeder = Feeder(1000, padding=1000)
            sink = Sink(server, spool, "--buffer", str(buffer))
            server.kill()  # so that the server has no record that it may lose
            sink.start(feeder.input)
            feeder.run_for(count / feeder.rate)
            wait_until("a full disk", lambda: "No space left on device" in sink.messages)
            memory = sink.memory
            feeder.finish()
            server.start()
            yield row(f"{sink.name}: spool of 256 KiB full, {name} --buffer", server, feeder, sink,
                      memory=memory)


def outage():
    return map(outage_of, (InfluxDB, Mosquitto))


def outage_of(kind):
    """A long outage; the sink is behind tee(1) beside another consumer."""
    seconds = arguments.minutes * 60
    server = kind(f"outage-{kind.title}")
    # Ten minutes at a hundred records a second nearly fill a spool of 64 MiB.
    padding = 950
    from_feeder, to_tee = os.pipe()
    from_tee, to_sink = os.pipe()
    to_read, to_other = os.pipe()
    feeder = Feeder(arguments.rate, padding, to_tee)
    tee = start(["tee", "-p", f"/dev/fd/{to_other}"], stdin=from_feeder, stdout=to_sink,
                pass_fds=[to_other])
    arrivals_file = f"{server.folder}.arrivals"
    other = start([sys.executable, __file__, "--watch", arrivals_file], stdin=to_read)
    sink = Sink(server, f"{server.folder}.spool")
    sink.start(from_tee)
    for descriptor in from_feeder, from_tee, to_sink, to_read, to_other:
        os.close(descriptor)
    feeder.run_for(2)  # the start is not measured

    def phase(duration):
        before = time.monotonic(), feeder.sent, sink.written
        feeder.run_for(duration)
        records = feeder.sent - before[1]
        return (before[0], time.monotonic()), (sink.written - before[2]) / records * 86_400 / MIB

    memory_before = sink.memory
    normal, healthy = phase(max(2, min(60, seconds)))
    server.kill()
    outage_time, away = phase(seconds)
    memory = sink.memory
    server.start()
    recovery = recover(server, feeder)
    result = row(f"{kind.title} away for {seconds:.0f} s", server, feeder, sink, recovery, memory,
              kills=1)
    tee.wait(60)
    other.wait(60)
    with open(arrivals_file, "rb") as file:
        arrivals = [time for (time,) in struct.iter_unpack("<d", file.read())]

    def gap(begin, end):
        there = [arrival for arrival in arrivals if begin <= arrival <= end]
        return max(b - a for a, b in zip(there, there[1:])) * 1000

    usual, worst = gap(*normal), gap(*outage_time)
    result.notes += [
        f"the other consumer had {len(arrivals)} of {result.records} records; its largest gap was "
        f"{usual:.1f} ms without an outage, {worst:.1f} ms in it: {worst - usual:.1f} ms more",
        f"memory {memory_before / 1024:.1f} MiB before it, {memory / 1024:.1f} MiB at its end",
        f"written to the disk at a record of 1 KB a second: {healthy:.2f} MiB a day without an "
        f"outage, {away:.0f} MiB in it (measured at {arguments.rate:g} a second, where a page that "
        "is written holds more of them, on the disk that the server syncs, too)"]
    if worst - usual >= 50:
        result.notes.append(
            "that gap should be less than 50 ms more; the load of the machine is "
            f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        say("outage: the other consumer was blocked")
        FAILED.append("outage")
    if len(arrivals) != result.records:
        raise RuntimeError(f"the other consumer had {len(arrivals)} of {result.records} records")
    return result


FAILED = []
FAULTS = {
    "sink-kill": sink_kill, "p1run-kill": p1run_kill, "server-kill": server_kill,
    "broker-kill": broker_kill, "failover": failover,
    "receivers": receivers, "stop": stop, "link": link, "full-disk": full_disk, "outage": outage}
NAMESPACES = {"link": "-rn", "full-disk": "-rm"}


def in_namespace(name):
    """Runs this program again in a namespace, for result fault."""
    command = [
        "unshare", NAMESPACES[name], sys.executable, __file__, "--inside", "--bin", arguments.bin,
        "--rate", str(arguments.rate), "--only", name]
    process = start(command, stdout=subprocess.PIPE)
    try:
        text = process.communicate()[0]
    except BaseException:
        process.terminate()  # so that it ends its own processes
        process.wait(60)
        raise
    if process.returncode:
        raise RuntimeError("failed in its namespace")
    return [Row(**result) for result in json.loads(text)]


def permits_namespace(name):
    attempt = ["ip", "link"] if name == "link" else ["mount", "-t", "tmpfs", "none", "/mnt"]
    result = subprocess.run(
        ["unshare", NAMESPACES[name], *attempt], capture_output=True, check=False)
    return result.returncode == 0


def main():
    rows, has_failed = [], False
    for name, fault in FAULTS.items():
        if arguments.only not in (None, name):
            continue
        try:
            if name in NAMESPACES and not arguments.inside:
                if not permits_namespace(name):
                    say(f"{name}: omitted: this machine permits no namespaces")
                    continue
                say(f"{name} …")
                rows += in_namespace(name)
            else:
                if not arguments.inside:
                    say(f"{name} …")
                rows += fault()
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            say(f"{name}: {error}")
            has_failed = True
        finally:
            kill_all()
    if arguments.inside:
        json.dump([dataclasses.asdict(result) for result in rows], sys.stdout)
        return has_failed
    print_table(rows)
    return has_failed or bool(FAILED) or any(result.lost > result.forgotten for result in rows)


def run(course):
    """Exits with the status of a course, and ends all processes that it has started."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(course())
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        kill_all()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--feed"]:
        feed(float(sys.argv[2]), int(sys.argv[3]), sys.argv[4], *map(int, sys.argv[5:]))
        sys.exit()
    if sys.argv[1:2] == ["--watch"]:
        watch(sys.argv[2])
        sys.exit()
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--kills", type=int)
    parser.add_argument("--server-kills", type=int)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--only", choices=FAULTS)
    parser.add_argument("--inside", action="store_true")
    arguments = parser.parse_args()
    run(main)
