"""The pictures of scripts/homeassistant: what a user sees of the sensors of p1mqtt.

Logs in to a Home Assistant that has no user yet, makes an energy dashboard, and saves the pages with Chromium.
"""

import base64
import contextlib
import json
import os
import socket
import time

import fault

# Home Assistant adds a bar to the energy dashboard at the end of each hour, so there is invented history before. Its
# first hour, which counts as a change from 0, must not be of today.
HOURS = 48

# Runs in each page.
LIBRARY = """
    const home = () => document.querySelector("home-assistant").hass;
    const all = node => [node, ...[node.shadowRoot, ...node.childNodes].filter(Boolean).flatMap(all)];
    const size = () => all(document).filter(node => node.nodeType == Node.ELEMENT_NODE).length;
    const words = () => all(document)
        .filter(node => node.nodeType == Node.TEXT_NODE && !["STYLE", "SCRIPT"].includes(node.parentNode.nodeName))
        .map(node => node.data.trim()).filter(Boolean);
"""

LOGIN = """
    const clientId = `${location.origin}/`;
    const post = async (path, body) => (await fetch(path, {method: "POST", body})).json();
    const user = {name: "Course", username: "p1", password: "course", client_id: clientId, language: "en"};
    const {auth_code: code} = await post("/api/onboarding/users", JSON.stringify(user));
    const tokens = await post("/auth/token", new URLSearchParams(
        {grant_type: "authorization_code", code, client_id: clientId}));
    localStorage.hassTokens = JSON.stringify({
        ...tokens, clientId, hassUrl: location.origin, expires: Date.now() + 1000 * tokens.expires_in});
"""


class Chromium:
    """A browser without a window; the DevTools protocol is a socket with JSON, each message ended by a zero byte."""

    def __init__(self):
        self.socket, other = socket.socketpair()
        self.socket.settimeout(60)
        number = other.fileno()
        with open("chromium.log", "wb") as log:
            # Chromium reads descriptor 3 and writes 4.
            fault.start(
                ["bash", "-c", f'exec chromium "$@" 3<&{number} 4>&{number}', "chromium", "--headless",
                 "--no-sandbox", "--disable-gpu", "--lang=en-GB", f"--user-data-dir={os.path.abspath('chromium')}",
                 "--remote-debugging-pipe", "about:blank"],
                pass_fds=[number], stdout=log, stderr=log, start_new_session=True)
        other.close()
        self.rest, self.count, self.session = b"", 0, {}
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = {
            "sessionId": self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}

    def call(self, method, **parameters):
        """The result of a command."""
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters, **self.session}
        self.socket.sendall(json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.rest:
                piece = self.socket.recv(1 << 20)
                if not piece:
                    raise RuntimeError("Chromium has exited; see chromium.log")
                self.rest += piece
            text, self.rest = self.rest.split(b"\0", 1)
            answer = json.loads(text)
            if answer.get("id") == self.count:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def run(self, code):
        """The value that a function with this code returns in the page."""
        answer = self.call(
            "Runtime.evaluate", expression=f"(async () => {{ {LIBRARY} {code} }})()", awaitPromise=True,
            returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{code}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def ask(self, command, **parameters):
        """The answer to a command of Home Assistant's websocket."""
        return self.run(f"return home().callWS({json.dumps({'type': command, **parameters})})")

    def open(self, address, *expected):
        """Opens a page, waits until it has the expected words and has not grown for a second, and returns its words."""
        self.call("Page.navigate", url=address)
        size, words = 0, []

        def is_complete():
            nonlocal size, words
            before = size
            # A page that is replaced has no answer.
            with contextlib.suppress(RuntimeError):
                size, words = self.run("return [size(), words()]")
            return size == before > 0 and set(expected) <= set(words)

        try:
            fault.wait_until(address, is_complete, 60, 1)
        except TimeoutError as error:
            raise TimeoutError(f"{error}: {expected} in {words}") from error
        return words

    def resize(self, width, height):
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def save(self, path):
        """Saves a picture of the window."""
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot")["data"]))


def sources(version):
    """The sensors of the simulated meter as sources of the energy dashboard."""
    meter = "sensor.electricity_meter_"
    imports = [{"stat_energy_from": f"{meter}energy_import_t{tariff}"} for tariff in (1, 2)]
    exports = [{"stat_energy_to": f"{meter}energy_export_t{tariff}"} for tariff in (1, 2)]
    power = {"stat_rate": f"{meter}power_net"}
    gas = {"type": "gas", "stat_energy_from": "sensor.gas_meter_gas"}
    grid = {"type": "grid", "cost_adjustment_day": 0}
    month = tuple(map(int, version.split(".")[:2]))
    if month > (2026, 2):
        return [{**grid, **imports[0], **exports[0], **power}, {**grid, **imports[1], **exports[1]}, gas]
    price = {"entity_energy_price": None, "number_energy_price": None}
    grid.update(flow_from=[{**one, **price} for one in imports], flow_to=exports)
    if month >= (2025, 12):
        grid["power"] = [power]
    return [grid, gas]


def set_up_energy(browser, check):
    """Makes an energy dashboard, and checks what Home Assistant has to say about it."""
    began = time.time()
    browser.ask("energy/save_prefs", energy_sources=sources(browser.run("return home().config.version")))

    def issues():
        answer = browser.ask("energy/validate")
        return [issue for source in answer["energy_sources"] for issue in source]

    # Home Assistant makes statistics every five minutes.
    with contextlib.suppress(TimeoutError):
        fault.wait_until("statistics", lambda: not issues(), 400, 2)
    check("the energy dashboard has no issues", not issues(), issues())
    units = {
        one["statistic_id"]: one["statistics_unit_of_measurement"]
        for one in browser.ask("recorder/list_statistic_ids", statistic_type="sum")}
    changes = browser.ask(
        "recorder/statistics_during_period", start_time=instant(began - 3600), period="5minute",
        statistic_ids=list(units), types=["change"])
    booked = {name: sum(row["change"] for row in rows) for name, rows in changes.items()}
    check("no counter is booked as consumed",
          booked and all(0 <= change < 1 for change in booked.values()), booked)
    problems = browser.ask("recorder/validate_statistics")
    check("the statistics have no issues", not problems, problems)
    invent_history(browser, {name: unit for name, unit in units.items() if unit in ("kWh", "m³")})


def invent_history(browser, units):
    """Gives counters some hours of statistics, which end where those of the simulated meter begin."""
    hour = time.time() // 3600 * 3600
    for name, unit in units.items():
        amount = 0.1 if "export" in name else 0.4
        browser.ask(
            "recorder/import_statistics", metadata={
                "statistic_id": name, "source": "recorder", "name": None, "unit_of_measurement": unit,
                "has_mean": False, "has_sum": True},
            stats=[
                {"start": instant(hour - 3600 * age), "sum": -amount * (age + age // 3)}
                for age in range(HOURS, 0, -1)])

    def imported():
        rows = browser.ask(
            "recorder/statistics_during_period", start_time=instant(hour - 3600 * HOURS), period="hour",
            statistic_ids=list(units), types=["sum"])
        return len(rows) == len(units) and all(len(one) >= HOURS for one in rows.values())

    fault.wait_until("the invented history", imported, 60, 0.5)


def instant(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def take(url, folder, check):
    """Saves the pictures in a directory."""
    browser = Chromium()
    browser.resize(1280, 900)
    # A page that needs no login.
    browser.open(f"{url}/auth/providers")
    browser.run(LOGIN)
    browser.open(f"{url}/config/devices/dashboard?domain=mqtt", "Electricity meter", "Gas meter")
    browser.save(f"{folder}/devices.png")
    set_up_energy(browser, check)
    devices = {one["name"]: one["id"] for one in browser.ask("config/device_registry/list")}
    for name, height, *expected in ("Electricity meter", 1700, "Voltage L3"), ("Gas meter", 900, "Gas"):
        browser.resize(1280, height)
        words = browser.open(f"{url}/config/devices/device/{devices[name]}", *expected)
        browser.save(f"{folder}/{name.lower().replace(' ', '-')}.png")
        check(f"{name}: each sensor has a value", not {"Unknown", "Unavailable"} & set(words), words)
    for name, height, path, *expected in (
            ("energy", 1300, "energy", "Energy distribution"),
            ("energy-electricity", 1000, "energy/electricity", "Grid total"),
            ("energy-now", 900, "energy/now"),
            ("activity", 900, "logbook", "Electricity meter Tariff")):
        browser.resize(1280, height)
        browser.open(f"{url}/{path}", *expected)
        browser.save(f"{folder}/{name}.png")
