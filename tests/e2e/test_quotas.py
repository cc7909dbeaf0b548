"""Client quotas: set and shown by Kafka's own tool, obeyed by real clients, kept over a restart."""
import threading
import time

import java_client
import pytest
import topics
from confluent_kafka import Consumer, Producer

RATE = 400_000
# Two windows' worth may come at once, so that a short test sees the rate and not the first burst.
WINDOWS = {"kafka.quota.window.num": 3}
WARM_SECONDS, MEASURED_SECONDS = 4, 8


def configs(broker, *arguments):
    return java_client.run("kafka.admin.ConfigCommand", "--bootstrap-server", broker.kafka, *arguments).decode()


def set_quota(broker, entity, config):
    assert "Completed updating" in configs(broker, "--alter", *entity, "--add-config", config)


def rate_of(step):
    """What step() answers, summed up, per second; after some time that does not count."""
    began = time.monotonic()
    total, since = 0, None
    while True:
        now = time.monotonic() - began
        if since is None and now >= WARM_SECONDS:
            total, since = 0, now
        if since is not None and now - since >= MEASURED_SECONDS:
            return total / (now - since)
        total += step()


@pytest.mark.parametrize("acks", ["all", "1", "0"])
def test_a_producer_is_held_to_its_rate(brokers, jars, acks):
    broker = brokers(settings=WINDOWS).start()
    topics.create(broker.kafka, "t")
    set_quota(broker, ("--entity-type", "clients", "--entity-name", "slow"), f"producer_byte_rate={RATE}")
    producer = Producer({"bootstrap.servers": broker.kafka, "client.id": "slow", "acks": acks, "batch.size": 40_000, "linger.ms": 5,
                         "queue.buffering.max.kbytes": 1_000, "message.timeout.ms": 120_000})
    value = b"x" * 1000

    def step():
        try:
            producer.produce("t", value)
        except BufferError:
            producer.poll(0.05)
        producer.poll(0)
        return 0

    def stored():
        return broker.metrics()["kafka_produced_bytes_total"]

    marks = []
    stop = threading.Event()

    def watch():
        time.sleep(WARM_SECONDS)
        marks.append((time.monotonic(), stored()))
        time.sleep(MEASURED_SECONDS)
        marks.append((time.monotonic(), stored()))
        stop.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    while not stop.is_set():
        step()
    watcher.join()
    (first, before), (last, after) = marks
    assert (after - before) / (last - first) == pytest.approx(RATE, rel=0.25)
    metrics = broker.metrics()
    assert metrics['kafka_quota_throttled_seconds_total{quota="produce"}'] > 1
    assert metrics['kafka_quota_throttled_seconds_total{quota="fetch"}'] == 0
    # Others are not held: what would take twenty seconds at this rate goes in a moment.
    free = Producer({"bootstrap.servers": broker.kafka, "client.id": "free"})
    began = time.monotonic()
    for _ in range(RATE * 20 // 1000):
        free.produce("t", value)
    assert free.flush(30) == 0 and time.monotonic() - began < 12
    producer.purge()


def test_a_consumer_is_held_to_its_rate(brokers, jars):
    broker = brokers(settings=WINDOWS).start()
    topics.create(broker.kafka, "t")
    producer = Producer({"bootstrap.servers": broker.kafka, "batch.size": 40_000})
    for i in range(RATE * 25 // 1000):
        producer.produce("t", b"%08d" % i + b"x" * 992)
        producer.poll(0)
    assert producer.flush(30) == 0
    set_quota(broker, ("--entity-type", "clients", "--entity-name", "slow"), f"consumer_byte_rate={RATE}")
    consumer = Consumer({"bootstrap.servers": broker.kafka, "client.id": "slow", "group.id": "g", "auto.offset.reset": "earliest",
                         "fetch.message.max.bytes": 50_000, "queued.max.messages.kbytes": 200})
    consumer.subscribe(["t"])
    seen = []

    def step():
        messages = consumer.consume(50, 0.1)
        assert all(message.error() is None for message in messages)
        seen.extend(int(message.value()[:8]) for message in messages)
        return 1000 * len(messages)

    assert rate_of(step) == pytest.approx(RATE, rel=0.25)
    assert seen == list(range(len(seen))), "throttled answers lose nothing"
    assert broker.metrics()['kafka_quota_throttled_seconds_total{quota="fetch"}'] > 1
    consumer.close()


def test_kafka_configs_sets_shows_and_a_restart_keeps(brokers, jars):
    broker = brokers().start()
    alice, app = ("--entity-type", "users", "--entity-name", "alice"), ("--entity-type", "clients", "--entity-name", "app")
    users, clients = ("--entity-type", "users", "--entity-default"), ("--entity-type", "clients", "--entity-default")
    set_quota(broker, alice, "producer_byte_rate=1000,consumer_byte_rate=2000")
    set_quota(broker, alice + app, "request_percentage=12.5")
    set_quota(broker, alice + clients, "producer_byte_rate=3000")
    set_quota(broker, app, "consumer_byte_rate=4000")
    set_quota(broker, users, "controller_mutation_rate=5")
    set_quota(broker, clients, "producer_byte_rate=6000")
    with pytest.raises(AssertionError, match="greater than 0"):
        set_quota(broker, alice, "producer_byte_rate=0")
    with pytest.raises(AssertionError, match="not supported"):
        set_quota(broker, ("--entity-type", "ips", "--entity-name", "127.0.0.1"), "connection_creation_rate=1")
    broker.kill()
    broker.start()
    described = configs(broker, "--describe", *alice)
    assert "producer_byte_rate=1000.0" in described and "consumer_byte_rate=2000.0" in described, described
    assert "request_percentage=12.5" in configs(broker, "--describe", *alice, *app)
    assert "producer_byte_rate=3000.0" in configs(broker, "--describe", *alice, *clients)
    assert "consumer_byte_rate=4000.0" in configs(broker, "--describe", *app)
    assert "controller_mutation_rate=5.0" in configs(broker, "--describe", *users)
    assert "producer_byte_rate=6000.0" in configs(broker, "--describe", *clients)
    configs(broker, "--alter", *alice, "--delete-config", "producer_byte_rate")
    left = configs(broker, "--describe", *alice)
    assert "producer_byte_rate" not in left and "consumer_byte_rate=2000.0" in left, left
