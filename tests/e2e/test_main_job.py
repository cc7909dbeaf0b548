"""The main job: a client's records go cold into the object store and come back, byte for byte."""
import json

import kcat
import java_client
import topics
import pytest
from dataset import debian_packages, digest, from_pipe
from kafka import KafkaConsumer
from takhin_process import wait_until

TOPIC = "packages"


@pytest.fixture(scope="module")
def records():
    rows = debian_packages()
    assert len(rows) > 50_000, "apt's package lists are missing: run 'apt-get update'"
    return rows


def load(broker, records):
    """Produces everything, archives it and waits until the local files of archived segments are gone."""
    topics.create(broker.kafka, TOPIC, 1, topics.TIERED)
    kcat.produce(broker.kafka, TOPIC, records)
    broker.evaluate()
    wait_until(lambda: len(broker.log_files(TOPIC)) == 1, 60, "local files are gone")


def read_with_kafka_python(address):
    consumer = KafkaConsumer(TOPIC, bootstrap_servers=address, auto_offset_reset="earliest", consumer_timeout_ms=10_000,
                             group_id=None)
    try:
        rows = [(r.key, r.value, r.offset) for r in consumer]
    finally:
        consumer.close()
    assert [offset for _, _, offset in rows] == list(range(len(rows))), "offsets are contiguous"
    return [(key, value) for key, value, _ in rows]


def test_cold_read_survives_everything(brokers, store, records, jars):
    wanted = digest(records)
    broker = brokers(settings=store).start()
    load(broker, records)
    stats = broker.get("/api/v1/tiered/stats")
    assert stats["archived_segments"] >= 24 and stats["cold_segments"] >= 24, stats

    assert digest(kcat.consume(broker.kafka, TOPIC)) == wanted, "kcat"
    assert digest(read_with_kafka_python(broker.kafka)) == wanted, "kafka-python"
    java = from_pipe(java_client.console_consumer(broker.kafka, TOPIC, len(records)))
    assert digest(java) == wanted, "Java console consumer"

    broker.kill()
    broker.start()
    assert digest(kcat.consume(broker.kafka, TOPIC)) == wanted, "after kill -9"
    assert broker.get("/api/v1/tiered/stats")["archived_segments"] == stats["archived_segments"]

    broker.kill()
    for path in broker.data.glob("catalog.db*"):
        path.unlink()
    broker.start()
    assert digest(kcat.consume(broker.kafka, TOPIC)) == wanted, "after the catalogue was deleted"
    wait_until(lambda: broker.get("/api/v1/tiered/stats")["archived_segments"] == stats["archived_segments"], 20,
               "the catalogue is rebuilt from the bucket")


def test_the_middle_of_history_is_read_by_offset_and_by_time(brokers, store, records):
    broker = brokers(settings=store).start()
    load(broker, records)
    middle = len(records) // 2
    rows = kcat.consume(broker.kafka, TOPIC, middle, "-c", "100")
    assert rows == records[middle:middle + 100]
    consumer = KafkaConsumer(bootstrap_servers=broker.kafka, consumer_timeout_ms=10_000)
    from kafka import TopicPartition
    tp = TopicPartition(TOPIC, 0)
    consumer.assign([tp])
    consumer.seek(tp, middle)
    stamp = next(consumer).timestamp
    found = consumer.offsets_for_times({tp: stamp})[tp]
    consumer.seek(tp, found.offset)
    assert next(consumer).timestamp == stamp
    if found.offset > 0:
        consumer.seek(tp, found.offset - 1)
        assert next(consumer).timestamp < stamp, "the first record at that time"
    consumer.close()


def test_restore_brings_the_file_back(brokers, store, records):
    broker = brokers(settings=store).start()
    load(broker, records[:20_000])
    path = f"{TOPIC}-0/{0:020}.log"
    assert not (broker.data / "log" / path).exists()
    assert broker.get(f"/api/v1/tiered/segments/{path.replace('/', '%2F')}") == {
        "segment_path": path, "policy": "cold", "is_archived": True}
    assert broker.post("/api/v1/tiered/restore", {"segment_path": path})["message"] == "segment restored successfully"
    assert (broker.data / "log" / path).exists()
    assert broker.get(f"/api/v1/tiered/segments/{path}")["policy"] == "warm"
    assert kcat.consume(broker.kafka, TOPIC, "beginning", "-c", "10") == records[:10]
    assert digest(kcat.consume(broker.kafka, TOPIC)) == digest(records[:20_000])


def test_topic_deletion_empties_the_bucket(brokers, records):
    broker = brokers().start()
    load(broker, records[:10_000])
    assert list((broker.data / "objects").rglob("*.seg"))
    topics.delete(broker.kafka, TOPIC)
    wait_until(lambda: not list((broker.data / "objects").rglob(f"*{TOPIC}*/**/*.seg")), 30, "objects are gone")
    assert not (broker.data / "log" / f"{TOPIC}-0").exists()
    assert json.loads(broker.http("GET", "/api/v1/tiered/stats")[1])["archived_segments"] == 0
