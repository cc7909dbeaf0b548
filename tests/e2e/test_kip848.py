"""Groups of the next generation (KIP-848) with the clients that speak it, Kafka's tools, and a broker that dies in the middle."""
import json
import pathlib
import re
import socket
import threading
import time

import java_client
import kcat
import topics
from confluent_kafka import Consumer
from test_java_tools import GROUPS, tool

NEW = ("--consumer-property", "group.protocol=consumer")


def rows(count, start=0):
    return [(b"k%d" % i, b"v%d" % i) for i in range(start, start + count)]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Member(threading.Thread):
    """One librdkafka consumer: what it read, and what it is assigned now."""

    def __init__(self, address, group, subscription, **settings):
        super().__init__(daemon=True)
        self.read, self.assigned, self.errors = [], set(), []
        self._going = True
        self._consumer = Consumer({"bootstrap.servers": address, "group.id": group, "group.protocol": "consumer",
                                   "auto.offset.reset": "earliest", "enable.auto.commit": False, **settings})
        self._subscription = subscription
        self.start()

    def run(self):
        self._consumer.subscribe(self._subscription)
        while self._going:
            for message in self._consumer.consume(200, 0.2):
                if message.error():
                    self.errors.append(message.error())
                else:
                    self.read.append((message.key(), message.value()))
            self.assigned = {(p.topic, p.partition) for p in self._consumer.assignment()}
            try:
                self._consumer.commit(asynchronous=True)
            except Exception as error:  # nothing read since the last one
                self.errors.append(error)
        self._consumer.close()

    def stop(self):
        self._going = False
        self.join(30)


def wait_for(what, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to be in time"
        time.sleep(0.1)


def test_members_share_and_a_killed_broker_knows_them(brokers):
    port = free_port()
    broker = brokers(settings={"kafka.port": port, "kafka.group.consumer.heartbeat.interval.ms": 1000,
                               "kafka.group.consumer.min.heartbeat.interval.ms": 500}).start()
    topics.create(broker.kafka, "t", 6)
    kcat.produce(broker.kafka, "t", rows(3000))
    everything = {("t", p) for p in range(6)}
    a = Member(broker.kafka, "g", ["t"])
    wait_for(lambda: a.assigned == everything and len(a.read) == 3000)
    b = Member(broker.kafka, "g", ["t"])
    wait_for(lambda: len(a.assigned) == len(b.assigned) == 3)
    assert a.assigned | b.assigned == everything
    before = (a.assigned, b.assigned)
    broker.kill()
    broker.start()
    kcat.produce(broker.kafka, "t", rows(3000, 3000))
    wait_for(lambda: len(a.read) + len(b.read) >= 6000)
    assert (a.assigned, b.assigned) == before, "the members were known: nobody had to move"
    assert set(a.read) | set(b.read) == set(rows(6000))
    log = broker.log_path.read_text()
    assert log.count("member") and "fell silent" not in log
    b.stop()
    wait_for(lambda: len(a.assigned) == 6)
    a.stop()


def test_a_pattern_is_followed_by_the_broker(broker):
    topics.create(broker.kafka, "orders-1", 2)
    topics.create(broker.kafka, "other", 2)
    a = Member(broker.kafka, "g", ["^orders-.*"])
    wait_for(lambda: a.assigned == {("orders-1", 0), ("orders-1", 1)})
    topics.create(broker.kafka, "orders-2", 1)
    kcat.produce(broker.kafka, "orders-2", rows(10))
    wait_for(lambda: len(a.assigned) == 3 and len(a.read) == 10)
    a.stop()


def test_a_static_member_returns_to_its_partitions(broker):
    topics.create(broker.kafka, "t", 4)
    static = {"group.instance.id": "i"}
    a, b = Member(broker.kafka, "g", ["t"], **static), Member(broker.kafka, "g", ["t"])
    wait_for(lambda: len(a.assigned) == len(b.assigned) == 2)
    had = a.assigned
    a.stop()
    again = Member(broker.kafka, "g", ["t"], **static)
    wait_for(lambda: again.assigned == had)
    assert len(b.assigned) == 2
    again.stop()
    b.stop()


def test_javas_consumers_and_tools(broker, jars):
    topics.create(broker.kafka, "t", 3)
    kcat.produce(broker.kafka, "t", rows(500))
    got = java_client.console_consumer(broker.kafka, "t", 500, "--group", "g", *NEW)
    assert len(got.split(b"\x1e")) >= 500
    listed = tool(broker, GROUPS, "--list", "--type", "consumer")
    assert re.search(r"^g\s+Consumer\s", listed, re.M), listed
    described = tool(broker, GROUPS, "--describe", "--group", "g")
    assert len(re.findall(r"^g\s+t\s+\d\s+\d+\s+\d+\s+0\s", described, re.M)) == 3, described
    a = Member(broker.kafka, "g", ["t"])
    wait_for(lambda: len(a.assigned) == 3)
    state = tool(broker, GROUPS, "--describe", "--group", "g", "--state", "--verbose")
    assert re.search(r"^g\s.*\suniform\s+Stable\s", state, re.M), state
    members = tool(broker, GROUPS, "--describe", "--group", "g", "--members", "--verbose")
    assert re.search(r"^g\s+\S+\s+/127\.0\.0\.1\s+rdkafka\s+3\s", members, re.M), members
    assert "Stable" in tool(broker, GROUPS, "--list", "--state", "--type", "consumer")
    a.stop()
    tool(broker, GROUPS, "--reset-offsets", "--group", "g", "--topic", "t", "--to-earliest", "--execute")
    produced = tool(broker, "VerifiableConsumer", "--topic", "t", "--group-id", "g", "--group-protocol", "consumer",
                    "--max-messages", "500", "--reset-policy", "earliest")
    events = [json.loads(line) for line in produced.splitlines() if line.startswith("{")]
    assert sum(event["count"] for event in events if event["name"] == "records_consumed") >= 500
    tool(broker, GROUPS, "--delete", "--group", "g")
    assert tool(broker, GROUPS, "--list").split() == []


def test_configs_of_a_group(broker, jars):
    configs = "kafka.admin.ConfigCommand"
    on = ("--entity-type", "groups", "--entity-name", "g")
    tool(broker, configs, "--alter", *on, "--add-config", "consumer.session.timeout.ms=50000")
    assert "consumer.session.timeout.ms=50000" in tool(broker, configs, "--describe", *on)
    broker.stop()
    broker.start()
    assert "DYNAMIC_GROUP_CONFIG:consumer.session.timeout.ms=50000" in tool(broker, configs, "--describe", *on)
    tool(broker, configs, "--alter", *on, "--delete-config", "consumer.session.timeout.ms")
    assert "50000" not in tool(broker, configs, "--describe", *on)


def test_kafka_reads_the_records_of_groups(broker, jars):
    topics.create(broker.kafka, "t", 2)
    kcat.produce(broker.kafka, "t", rows(10))
    a, b = Member(broker.kafka, "g", ["t"]), Member(broker.kafka, "g", ["^t.*"], **{"group.instance.id": "i"})
    wait_for(lambda: len(a.assigned) == len(b.assigned) == 1 and len(a.read) + len(b.read) == 10)
    b.stop()
    a.stop()
    broker.stop()
    log = pathlib.Path(broker.data) / "log/__consumer_offsets-0/00000000000000000000.log"
    out = java_client.run("kafka.tools.DumpLogSegments", "--offsets-decoder", "--files", str(log)).decode()
    for kind in (3, 5, 6, 7, 8, 16):  # epochs, members, target's epoch, targets, assignments, regular expressions
        values = re.findall(r'key: \{"type":"%d","data":\{.*?\}\} payload: (\{.*\})$' % kind, out, re.M)
        assert values, (kind, out[-3000:])
        assert all(json.loads(value)["version"] == "0" for value in values), values
    assert "Could not decode" not in out and "Error" not in out, out
