"""Real clients with their default settings."""
import threading
import time

import java_client
import kcat
import topics
from confluent_kafka import Consumer, Producer
from kafka import KafkaConsumer, KafkaProducer, TopicPartition


def rows(count, start=0):
    return [(f"key-{i}".encode(), f"value number {i}".encode() * (1 + i % 7)) for i in range(start, start + count)]


def test_kcat_produces_to_an_auto_created_topic_and_reads_back(broker):
    kcat.produce(broker.kafka, "auto", rows(500))
    assert kcat.consume(broker.kafka, "auto") == rows(500)


def test_kafka_python_every_codec(broker):
    topics.create(broker.kafka, "codecs")
    sent = []
    for codec in (None, "gzip", "snappy", "lz4", "zstd"):
        producer = KafkaProducer(bootstrap_servers=broker.kafka, compression_type=codec, linger_ms=20)
        for key, value in rows(200, len(sent)):
            producer.send("codecs", value, key, headers=[("h", b"v")])
            sent.append((key, value))
        producer.flush()
        producer.close()
    consumer = KafkaConsumer("codecs", bootstrap_servers=broker.kafka, auto_offset_reset="earliest", consumer_timeout_ms=4000)
    got = list(consumer)
    consumer.close()
    assert [(r.key, r.value) for r in got] == sent
    assert all(r.headers == [("h", b"v")] for r in got)
    assert [r.offset for r in got] == list(range(len(sent)))


def test_confluent_idempotent_producer_and_group(broker):
    topics.create(broker.kafka, "idempotent", 3)
    producer = Producer({"bootstrap.servers": broker.kafka, "enable.idempotence": True})
    failed = []
    for key, value in rows(3000):
        producer.produce("idempotent", value, key, on_delivery=lambda e, _: e and failed.append(e))
        producer.poll(0)
    assert producer.flush(30) == 0 and not failed
    consumer = Consumer({"bootstrap.servers": broker.kafka, "group.id": "g", "auto.offset.reset": "earliest"})
    consumer.subscribe(["idempotent"])
    got = {}
    end = time.monotonic() + 30
    while len(got) < 3000 and time.monotonic() < end:
        for message in consumer.consume(500, 1.0):
            assert message.error() is None
            assert message.key() not in got, "a record came twice"
            got[message.key()] = message.value()
    consumer.commit(asynchronous=False)
    consumer.close()
    assert got == dict(rows(3000))


def test_group_rebalances_and_commits_survive_kill(brokers):
    broker = brokers(settings={"kafka.port": free_port()}).start()
    topics.create(broker.kafka, "shared", 4)
    producer = KafkaProducer(bootstrap_servers=broker.kafka, acks="all")
    for i in range(400):
        producer.send("shared", str(i).encode(), partition=i % 4)
    producer.flush()
    stop, seen, lock = threading.Event(), [], threading.Lock()

    def consume():
        consumer = KafkaConsumer("shared", bootstrap_servers=broker.kafka, group_id="team", auto_offset_reset="earliest",
                                 enable_auto_commit=False)
        while not stop.is_set():
            for batch in consumer.poll(200).values():
                with lock:
                    seen.extend(r.value for r in batch)
                consumer.commit()
        consumer.close()

    members = [threading.Thread(target=consume) for _ in range(2)]
    for member in members:
        member.start()
    end = time.monotonic() + 40
    while len(set(seen)) < 400 and time.monotonic() < end:
        time.sleep(0.1)
    stop.set()
    for member in members:
        member.join(20)
    assert len(set(seen)) == 400
    broker.kill()
    broker.start()
    consumer = KafkaConsumer(bootstrap_servers=broker.kafka, group_id="team")
    committed = [consumer.committed(TopicPartition("shared", p)) for p in range(4)]
    consumer.close()
    assert committed == [100] * 4


def test_java_console_tools(broker, jars):
    topics.create(broker.kafka, "java")
    java_client.console_producer(broker.kafka, "java", [f"line {i}" for i in range(1000)])
    out = java_client.console_consumer(broker.kafka, "java", 1000, "--group", "java-group").decode()
    values = [row.split("\x1f")[1] for row in out.split("\x1e") if row]
    assert values == [f"line {i}" for i in range(1000)]
    assert kcat.consume(broker.kafka, "java", "beginning", "-c", "1")[0][1] == b"line 0"


def test_list_offsets_special_values(broker):
    topics.create(broker.kafka, "offsets")
    kcat.produce(broker.kafka, "offsets", rows(10))
    consumer = KafkaConsumer(bootstrap_servers=broker.kafka)
    tp = TopicPartition("offsets", 0)
    assert consumer.beginning_offsets([tp])[tp] == 0
    assert consumer.end_offsets([tp])[tp] == 10
    assert consumer.offsets_for_times({tp: int(time.time() * 1000) + 3_600_000})[tp] is None
    consumer.close()


def free_port():
    import socket
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_librdkafka_lists_all_topics(broker):
    topics.create(broker.kafka, "listed", 2)
    for client in (Producer({"bootstrap.servers": broker.kafka}), Consumer({"bootstrap.servers": broker.kafka, "group.id": "g"})):
        assert len(client.list_topics(timeout=10).topics["listed"].partitions) == 2
