"""Checks discovery messages for sensors and devices by the code of Home Assistant itself.

Reads lines of JSON: {"topic": …, "payload": …, "values": […], "prefix": …}. The payload is the
text of the message, "values" are payloads of its state topic, "prefix" is the discovery prefix
("homeassistant"). Writes a line for each: {"topic": …, "problems": […], "rendered": […]}, where
"rendered" has each value as rendered by the value template of a sensor.

Run it with `python -I`: it has the same name as the package that it imports, so Python must not
search its directory.
"""

import asyncio
import json
import logging
import sys
import tempfile
import unittest.mock

# The web server imports this client of a cloud service, which would need twenty more packages.
sys.modules["hass_nabucasa"] = unittest.mock.MagicMock()

import voluptuous as vol

from homeassistant.components.mqtt import discovery, sensor
from homeassistant.components.mqtt.models import MqttValueTemplate, PayloadSentinel
from homeassistant.components.sensor.const import (
    DEVICE_CLASS_STATE_CLASSES,
    DEVICE_CLASS_UNITS,
    NON_NUMERIC_DEVICE_CLASSES,
    SensorDeviceClass,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.template import Template
from homeassistant.util import dt

try:
    from homeassistant.components.mqtt.schemas import DEVICE_DISCOVERY_SCHEMA
except ImportError:
    # Before version 2024.11 Home Assistant has no devices.
    DEVICE_DISCOVERY_SCHEMA = None


def unique_keys(pairs):
    """An object of JSON; an error if it has a key twice."""
    keys = [key for key, _ in pairs]
    if duplicates := {key for key in keys if keys.count(key) > 1}:
        raise ValueError(f"keys that stand twice: {', '.join(sorted(duplicates))}")
    return dict(pairs)


def topic_problems(topic, prefix):
    """Checks that the topic is a discovery topic of a sensor."""
    if not topic.startswith(prefix + "/"):
        return [f"topic: not below {prefix}/"]
    match = discovery.TOPIC_MATCHER.fullmatch(topic.removeprefix(prefix + "/"))
    if not match:
        return ["topic: not as discovery wants it"]
    if match["component"] not in ("sensor", "device"):
        return [f"topic: {match['component']} is neither a sensor nor a device"]
    return []


def schema_problems(config):
    """Checks a message by the schemas of discovery and of configuration files.

    Only the latter rejects unknown keys, which discovery drops silently.
    """
    problems = []
    for schema in (sensor.DISCOVERY_SCHEMA, sensor.PLATFORM_SCHEMA_MODERN):
        try:
            schema(config)
        except vol.Invalid as error:
            problems += map(str, getattr(error, "errors", [error]))
    return list(dict.fromkeys(problems))


def class_problems(config):
    """Checks unit and state class against the device class; Home Assistant only logs this later."""
    problems = []
    device_class, state_class, unit = (
        config.get(key) for key in ("device_class", "state_class", "unit_of_measurement")
    )
    if not all(isinstance(x, str | None) for x in (device_class, state_class, unit)):
        return []  # The schema has reported it, and the tables below need strings.
    if device_class in DEVICE_CLASS_UNITS and unit not in DEVICE_CLASS_UNITS[device_class]:
        units = ", ".join(sorted(map(str, DEVICE_CLASS_UNITS[device_class])))
        problems.append(f"unit_of_measurement: {unit} with {device_class}, which has {units}")
    if device_class in NON_NUMERIC_DEVICE_CLASSES and unit is not None:
        problems.append(f"unit_of_measurement: {unit} with {device_class}")
    if state_class is not None and state_class not in DEVICE_CLASS_STATE_CLASSES.get(
        device_class, [state_class]
    ):
        problems.append(f"state_class: {state_class} with {device_class}")
    return problems


def identity_problems(config, topic, topics):
    """Checks that the entity has a device and a unique_id of its own."""
    problems = []
    if "device" not in config:
        problems.append("device: missing")
    unique_id = config.get("unique_id")
    if unique_id is None:
        problems.append("unique_id: missing")
    elif (owner := topics.setdefault(str(unique_id), topic)) != topic:
        problems.append(f"unique_id: {unique_id} is that of {owner} as well")
    return problems


def sensor_problems(config, topic, topics):
    return schema_problems(config) + class_problems(config) + identity_problems(config, topic, topics)


def device_problems(config, topic, topics):
    """Checks the message of a device, and each of its sensors with what it says for all."""
    problems = []
    components = config.get("components")
    if DEVICE_DISCOVERY_SCHEMA is not None:
        try:
            DEVICE_DISCOVERY_SCHEMA(json.loads(json.dumps(config)))
        except vol.Invalid as error:
            problems += map(str, getattr(error, "errors", [error]))
    shared = {
        key: config[key]
        for key in ("availability_topic", "device", "origin", "state_topic")
        if key in config
    }
    for sensor_id, component in (components if isinstance(components, dict) else {}).items():
        platform = component.pop("platform", None)
        if platform != "sensor":
            problems.append(f"{sensor_id}: platform: {platform} is no sensor")
        # A component with nothing else is withdrawn.
        if component:
            found = sensor_problems(shared | component, f"{topic} {sensor_id}", topics)
            problems += [f"{sensor_id}: {problem}" for problem in found]
    return problems


def is_numeric(config):
    """Whether the state must be a number, by the rule of SensorEntity."""
    if config.get("device_class") in list(NON_NUMERIC_DEVICE_CLASSES):
        return False
    keys = "device_class", "state_class", "unit_of_measurement", "suggested_display_precision"
    return any(config.get(key) is not None for key in keys)


def value_problems(config, rendered):
    """Checks a rendered state; an empty one is ignored, None means unknown."""
    if rendered == "None":
        return []
    if is_numeric(config):
        try:
            if rendered:
                float(rendered)
        except ValueError:
            return [f"value: {rendered!r} is no number"]
    elif config.get("device_class") == SensorDeviceClass.TIMESTAMP:
        try:
            time = dt.parse_datetime(rendered)
        except ValueError:
            time = None
        if time is None or time.tzinfo is None:
            return [f"value: {rendered!r} is no time with its zone"]
    return []


def render(hass, config, values):
    """Renders each payload of the state topic, and checks the results."""
    rendered, problems = [], []
    template = config.get("value_template")
    for value in values:
        text = value
        if template is not None:
            try:
                inner = Template(template, hass)
                outer = MqttValueTemplate(inner)
                # In older versions MqttValueTemplate resets it.
                inner.hass = hass
                text = outer.async_render_with_possible_json_value(value, PayloadSentinel.DEFAULT)
            except Exception as error:  # A template may raise any exception.
                problems.append(f"value_template: {error}")
                text = None
            # The sensor would ignore the message if rendering failed.
            if text is PayloadSentinel.DEFAULT:
                problems.append(f"value_template: fails for {value!r}")
                text = None
        rendered.append(text)
        if text is not None:
            problems += value_problems(config, text)
    return rendered, problems


def check(hass, message, topics):
    """Checks a message and its values."""
    topic, payload = message["topic"], message["payload"]
    problems, rendered = topic_problems(topic, message.get("prefix") or "homeassistant"), []
    # An empty payload removes the sensor.
    if payload:
        try:
            config = json.loads(payload, object_pairs_hook=unique_keys)
            if not isinstance(config, dict):
                raise ValueError("no object")
        except ValueError as error:
            problems.append(f"payload: {error}")
        else:
            if topic.split("/")[-3:-2] == ["device"]:
                problems += device_problems(config, topic, topics)
            else:
                problems += sensor_problems(config, topic, topics)
                rendered, value_errors = render(hass, config, message.get("values") or [])
                problems += value_errors
    return {"topic": topic, "problems": problems, "rendered": rendered}


async def main():
    # Home Assistant logs while it imports and renders; the problems have all that matters.
    logging.disable(logging.CRITICAL)
    topics = {}
    with tempfile.TemporaryDirectory() as directory:
        hass = HomeAssistant(directory)
        for line in sys.stdin:
            print(json.dumps(check(hass, json.loads(line), topics)), flush=True)


asyncio.run(main())
