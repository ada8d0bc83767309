"""What p1sum, p1plot and p1top have in common: exit statuses, time zones, records, and files of telegrams or records.

The scripts find this file beside themselves or, installed, in PREFIX/share/p1.
"""
from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import zlib
import zoneinfo
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import IO, Callable, Iterator, NoReturn, Optional

# ---- Exit ----

USAGE, BAD_DATA, NO_INPUT, UNAVAILABLE, CANNOT_CREATE, IO_ERROR = 64, 65, 66, 69, 73, 74


class Failure(Exception):
    """Ends the script with an exit status, and a message unless another program has told why."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(message)
        self.status = status


class Parser(argparse.ArgumentParser):
    """Options whose help is the documentation of the script, after its first line."""

    def __init__(self, name: str, documentation: Optional[str]) -> None:
        super().__init__(prog=name, allow_abbrev=False)
        self._help = (documentation or "").split("\n\n", 1)[1] + "\n"

    def format_help(self) -> str:
        return self._help

    def error(self, message: str) -> NoReturn:
        raise Failure(USAGE, f"{message}; see {self.prog} --help")


def say(message: str) -> None:
    print(f"{os.path.basename(sys.argv[0])}: {message}", file=sys.stderr, flush=True)


def run(main: Callable[[], int]) -> NoReturn:
    """Calls `main`, and exits with the status that it returns."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    status = 0
    try:
        if sys.stdout is None:
            raise Failure(IO_ERROR, "standard output: it is closed")
        status = main()
        sys.stdout.flush()
    except Failure as failure:
        if str(failure):
            say(str(failure))
        status = failure.status
    except BrokenPipeError:
        discard_output()
    except OSError as error:
        discard_output()
        say(f"{error.filename or 'standard output'}: {error.strerror}")
        status = IO_ERROR
    sys.exit(status)


def discard_output() -> None:
    """So that Python does not write what it still holds when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def tool(name: str) -> str:
    """The path of a program."""
    here = os.path.dirname(os.path.realpath(sys.argv[0]))
    folders = [os.environ.get("P1_BIN", ""), here, f"{here}/../.build/release", os.environ.get("PATH", os.defpath)]
    path = shutil.which(name, path=os.pathsep.join(filter(None, folders)))
    if path:
        return path
    package = {"gnuplot": "gnuplot-nox"}.get(name, name)
    advice = "name its directory in P1_BIN" if name.startswith("p1") else f"install the package {package}"
    raise Failure(UNAVAILABLE, f"{name}: not found; {advice}")


# ---- Time ----

TIMESTAMP = re.compile(r"((?:19[7-9]|2[01]\d)\d-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(\.\d{1,6})?\d*([Zz]|[+-]\d\d:\d\d)",
                       re.ASCII)


@lru_cache(maxsize=1024)
def parse_time(timestamp: str) -> float:
    """RFC 3339 in seconds since 1970; ValueError for anything else."""
    match = TIMESTAMP.fullmatch(timestamp)
    if not match:
        raise ValueError(timestamp)
    day, clock, second, fraction, zone = match.groups()
    # Python knows no leap second.
    text = f"{day}T{clock}:{'59' if second == '60' else second}{'+00:00' if zone in 'Zz' else zone}"
    return datetime.fromisoformat(text).timestamp() + float(fraction or 0)


def utc(time: float) -> str:
    return datetime.fromtimestamp(time, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def local_zone(name: Optional[str]) -> tzinfo:
    """The time zone of this name, of TZ or of the system."""
    name = name or os.environ.get("TZ", "").lstrip(":")
    try:
        if name:
            return zoneinfo.ZoneInfo(name)
        with open("/etc/localtime", "rb") as file:
            return zoneinfo.ZoneInfo.from_file(file)
    except FileNotFoundError:
        return timezone.utc
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Failure(USAGE, f"{name}: unknown time zone; use a name such as Europe/Brussels") from error


def midnight(day: date, zone: tzinfo) -> int:
    """In seconds since 1970."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def period_days(day: date, period: str) -> tuple[date, date]:
    """The first day of the day, week, month or year that has this day, and the first day of the next one."""
    if period == "day":
        return day, day + timedelta(1)
    if period == "week":
        monday = day - timedelta(day.weekday())
        return monday, monday + timedelta(7)
    if period == "month":
        first = day.replace(day=1)
        return first, (first + timedelta(31)).replace(day=1)
    return day.replace(month=1, day=1), day.replace(year=day.year + 1, month=1, day=1)


# ---- Records ----

MAXIMUM_RECORD = 65_536  # bytes, as in p1record(5)
UNITS = {"kwh": "kWh", "kvarh": "kvarh", "m3": "m³", "gj": "GJ"}
# The counters of sub-meters, and what they count.
SUBMETERS = {"gas_m3": "gas", "water_m3": "water", "heat_gj": "heat", "cooling_gj": "cooling",
             "submeter_energy_kwh": "sub-meter", "submeter_volume_m3": "sub-meter"}
# No house consumes more in an hour: 192 kW are more than three times what 3 × 230 V × 80 A carry (55 kW).
PER_HOUR = {"kWh": 192, "kvarh": 192, "m³": 80, "GJ": 1}
QUARTER_HOUR, HOUR, DAY = 900, 3600, 86_400  # seconds
MONTH_PEAK, AVERAGE, FAILURE_SECONDS = "power_import_month_peak_kw", "power_import_average_kw", "power_failure_seconds"

FIELD = re.compile(rb"([A-Za-z0-9_.:-]{1,128})=(.*)", re.DOTALL)
ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|([\\nrt]))")
ESCAPED = {b"\\": b"\\", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def unit(name: str) -> str:
    return UNITS.get(name.rsplit("_", 1)[-1], "")


def fields(record: bytes) -> tuple[dict[str, str], int]:
    """The values of a record by their names, and the number of lines that are invalid."""
    found, bad = {}, 0
    for line in record.split(b"\n"):
        match = FIELD.fullmatch(line)
        if match:
            value = match[2]
            if b"\\" in value:
                value = ESCAPE.sub(lambda one: bytes.fromhex(one[1].decode()) if one[1] else ESCAPED[one[2]], value)
            found[match[1].decode()] = value.decode("utf-8", "replace")
        elif line and not line.startswith(b"#"):
            bad += 1
    return found, bad


class RecordSplitter:
    """Cuts text into records, and leaves out those that are too long. A last record without a line feed at its end is
    incomplete, and left out, too."""

    def __init__(self) -> None:
        self.too_long = 0
        self._rest = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        """The records that end in the chunk; an empty chunk is the end of the input."""
        is_incomplete = not chunk and self._rest[-1:] != b"\n"
        text = b"" if is_incomplete else (self._rest + (chunk or b"\n\n")).replace(b"\r\n", b"\n")
        records = text.split(b"\n\n")
        rest = records.pop()
        self._rest = rest if len(rest) <= MAXIMUM_RECORD else rest[:MAXIMUM_RECORD + 1] + rest[-1:]
        whole = [record for record in records if len(record) <= MAXIMUM_RECORD]
        self.too_long += len(records) - len(whole)
        return whole


# ---- Files of telegrams or records ----

HEAD = 1 << 16  # bytes, which tell what a file has
ZSTD = b"\x28\xb5\x2f\xfd"
A_RECORD = re.compile(rb"^[A-Za-z0-9_.:-]+=", re.MULTILINE)
A_TELEGRAM = re.compile(rb"^/|^[0-9]+-[0-9]+:[0-9]", re.MULTILINE)


class Input:
    """The records of files, or of standard input if there are none. p1parse makes them of telegrams."""

    def __init__(self, files: list[str], every: int = 0, has_history: bool = False) -> None:
        """p1parse makes a record of `every` so many seconds, or of each telegram."""
        self.files = files
        self.status = 0  # of the last program that failed
        # Of the settings, only those of time and of specification files count.
        self._parse = ["--names", "canonical", "--every", str(every), "--history" if has_history else "--no-history",
                       *(f"--no-{option}" for option in ("all", "net", "header", "extremes", "strict"))]

    def records(self) -> Iterator[list[bytes]]:
        """The records of a part of the input at a time."""
        os.environ["P1_METRICS_FILE"] = "False"  # It is the file of the running pipe.
        if not self.files:
            if sys.stdin is None:
                raise Failure(NO_INPUT, "standard input: it is closed")
            yield from self._read_stream("standard input", sys.stdin.buffer, sys.stdin.buffer.read(HEAD))
        for file in self.files:
            # A record ends with its file, so each one is read by itself.
            try:
                stream = open(file, "rb")
                head = stream.read(HEAD)
            except OSError as error:
                raise Failure(NO_INPUT, f"{file}: {error.strerror}") from error
            with stream:
                if os.path.isfile(file):
                    (unpack, *others) = self._commands(file, head)
                    yield from self._read(((*unpack, "--", file), *others))
                else:  # A pipe cannot be opened again.
                    yield from self._read_stream(file, stream, head)

    def _read_stream(self, name: str, stream: IO[bytes], head: bytes) -> Iterator[list[bytes]]:
        """The records of a stream, whose head was read before."""
        def feed(pipe: IO[bytes]) -> None:
            try:
                with pipe:
                    pipe.write(head)
                    shutil.copyfileobj(stream, pipe, 1 << 18)
            except BrokenPipeError:
                pass  # The program tells why it exited.

        yield from self._read(self._commands(name, head), feed)

    def _commands(self, name: str, head: bytes) -> tuple[tuple[str, ...], ...]:
        """The commands that unpack a file, and if it has telegrams, parse it."""
        unpack = (tool("zstd"), "-dcq") if head.startswith(ZSTD) else (tool("gzip"), "-dcf")
        text = unpacked(head)
        if A_RECORD.search(text) or not text.strip():
            return (unpack,)
        if not A_TELEGRAM.search(text):
            raise Failure(BAD_DATA, f"{name}: neither telegrams nor records")
        return unpack, (tool("p1parse"), *self._parse)

    def _read(self, commands: tuple[tuple[str, ...], ...],
              feed: Optional[Callable[[IO[bytes]], None]] = None) -> Iterator[list[bytes]]:
        """What the last command writes; `feed` writes the input of the first one."""
        processes: list[subprocess.Popen[bytes]] = []
        for command in commands:
            stdin = processes[-1].stdout if processes else subprocess.PIPE if feed else subprocess.DEVNULL
            processes.append(subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE))
            if len(processes) > 1:
                stdin.close()  # so that the command before it ends if this one does
        if feed:
            threading.Thread(target=feed, args=(processes[0].stdin,), daemon=True).start()
        splitter, output = RecordSplitter(), processes[-1].stdout
        while chunk := output.read(1 << 18):
            yield splitter.feed(chunk)
        yield splitter.feed(b"")
        unpacked_status, *parse_status = (process.wait() for process in processes)
        if any(parse_status):
            self.status = parse_status[0] if parse_status[0] > 0 else 128 - parse_status[0]
        elif unpacked_status == 1:  # 2 is a warning of gzip.
            self.status = BAD_DATA


def unpacked(head: bytes) -> bytes:
    """The head of a file without its compression."""
    if head.startswith(b"\x1f\x8b"):
        try:
            return zlib.decompressobj(31).decompress(head)
        except zlib.error:
            return b""  # gzip tells why.
    if head.startswith(ZSTD):
        return subprocess.run([tool("zstd"), "-dcq"], input=head, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False).stdout
    return head
