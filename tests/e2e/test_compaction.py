"""Compacted topics: the last value of each key stays, over kill -9 in the middle of it, for every client, in files that Kafka reads."""
import contextlib
import pathlib
import random
import re
import time

import java_client
import kcat
import pytest
import topics
from confluent_kafka import Producer
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError
from takhin_process import wait_until

COMPACT = {"cleanup.policy": "compact", "segment.bytes": "65536", "min.cleanable.dirty.ratio": "0.01"}
EAGER = {"log.cleaner.backoff.ms": 20}


def records(address, topic, isolation="read_committed"):
    """[(offset, key, value)] of partition 0."""
    consumer = KafkaConsumer(bootstrap_servers=address, isolation_level=isolation, enable_auto_commit=False,
                             fetch_max_bytes=200000, max_partition_fetch_bytes=100000)
    where = TopicPartition(topic, 0)
    consumer.assign([where])
    consumer.seek_to_beginning()
    end = consumer.end_offsets([where])[where]
    out, deadline = [], time.monotonic() + 60
    while consumer.position(where) < end:
        assert time.monotonic() < deadline, f"stuck at {consumer.position(where)} of {end}"
        for rows in consumer.poll(500).values():
            out.extend((r.offset, r.key, r.value) for r in rows)
    consumer.close()
    assert [o for o, _, _ in out] == sorted({o for o, _, _ in out}), "offsets rise"
    return out


def last_values(rows):
    return {key: value for _, key, value in rows}


def clean_dump(broker, topic):
    """Kafka reads the files of a stopped broker; answers the offsets it found."""
    folder = pathlib.Path(broker.data) / f"log/{topic}-0"
    files = [str(p) for suffix in ("log", "index", "timeindex", "txnindex") for p in sorted(folder.glob(f"*.{suffix}"))]
    out = java_client.run("kafka.tools.DumpLogSegments", "--deep-iteration", "--files", ",".join(files)).decode()
    assert "isvalid: false" not in out
    for complaint in ("Found corrupted", "mismatch", "Mismatches", "not present", "Index entry", "Exception"):
        assert complaint.lower() not in out.lower(), out[-2000:]
    assert not list(folder.glob("*.swap")) and not list(folder.glob("*.cleaned"))
    return [int(n) for n in re.findall(r"^\| offset: (\d+)", out, re.M)]


def test_keys_keep_their_last_value_and_kafka_reads_the_files(brokers, jars):
    broker = brokers(settings=EAGER).start()
    topics.create(broker.kafka, "t", 1, COMPACT)
    chance, truth = random.Random(5), {}
    for codec in (None, "gzip", "lz4", "snappy", "zstd"):
        producer = KafkaProducer(bootstrap_servers=broker.kafka, compression_type=codec, linger_ms=5)
        for _ in range(1500):
            key, value = f"k{chance.randrange(200)}".encode(), chance.randbytes(60).hex().encode()
            if chance.random() < 0.1:
                value = None
            producer.send("t", value, key)
            truth[key] = value
        producer.flush()
        producer.close()
    producer = Producer({"bootstrap.servers": broker.kafka, "transactional.id": "x"})
    producer.init_transactions(30)
    for number in range(40):
        producer.begin_transaction()
        rows = {f"k{chance.randrange(200)}".encode(): chance.randbytes(200).hex().encode() for _ in range(10)}
        for key, value in rows.items():
            producer.produce("t", value, key)
        producer.flush()
        if number % 3 == 0:
            producer.abort_transaction()
        else:
            producer.commit_transaction()
            truth.update(rows)
    before = topics.end(broker.kafka, "t")
    wait_until(lambda: broker.metrics().get('log_cleaner_runs_total{result="success"}', 0) >= 1, 60, "a compaction")
    wait_until(lambda: len(records(broker.kafka, "t", "read_uncommitted")) < 2500, 60, "most records are gone")
    rows = records(broker.kafka, "t")
    assert last_values(rows) == truth
    assert topics.end(broker.kafka, "t") == before
    by_kcat = kcat.consume(broker.kafka, "t")
    assert len(by_kcat) >= len(truth)
    assert broker.metrics()['log_cleaner_runs_total{result="failure"}'] == 0
    broker.stop()
    offsets = clean_dump(broker, "t")
    assert offsets == sorted(set(offsets)) and len(offsets) < 3000
    broker.start()
    assert last_values(records(broker.kafka, "t")) == truth


def test_a_kill_in_the_middle_loses_nothing(brokers, jars):
    broker = brokers(settings={**EAGER, "log.cleaner.io.max.bytes.per.second": 3_000_000}).start()
    topics.create(broker.kafka, "t", 1, COMPACT)
    chance, acknowledged, in_the_middle = random.Random(11), {}, 0
    folder = pathlib.Path(broker.data) / "log/t-0"
    for life in range(12):
        producer = KafkaProducer(bootstrap_servers=broker.kafka, acks="all", retries=0, linger_ms=2, max_block_ms=3000,
                                 enable_idempotence=False)
        sent, until = [], time.monotonic() + 0.5 + chance.random()
        while time.monotonic() < until:
            key, value = f"k{chance.randrange(300)}", f"{life}-{len(sent)}-" + chance.randbytes(100).hex()
            with contextlib.suppress(KafkaError):
                sent.append((key, value, producer.send("t", value.encode(), key.encode())))
            time.sleep(0.0002)
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline and not (list(folder.glob("*.cleaned")) or list(folder.glob("*.swap"))):
            time.sleep(0.0005)
        broker.kill()
        in_the_middle += bool(list(folder.glob("*.cleaned")) or list(folder.glob("*.swap")))
        for key, value, future in sent:
            if future.is_done and future.succeeded():
                acknowledged.setdefault(key, {})[future.value.offset] = value
        with contextlib.suppress(KafkaError):
            producer.close(0)
        broker.start()
        rows = records(broker.kafka, "t", "read_uncommitted")
        last = {}
        for offset, key, value in rows:
            last[key.decode()] = (offset, value.decode())
        for key, values in acknowledged.items():
            newest = max(values)
            offset, value = last[key]
            assert offset >= newest, f"life {life}: {key} ends at {offset}, {newest} was acknowledged"
            if offset == newest:
                assert value == values[newest]
    assert in_the_middle >= 3, "the kills never met a compaction"
    broker.stop()
    clean_dump(broker, "t")


def test_a_record_without_a_key_is_refused_and_internal_topics_go_on(brokers):
    broker = brokers(settings=EAGER).start()
    topics.create(broker.kafka, "t", 1, COMPACT)
    producer = KafkaProducer(bootstrap_servers=broker.kafka, retries=0)
    with pytest.raises(KafkaError):
        producer.send("t", b"no key").get(20)
    assert producer.send("t", b"value", b"key").get(20).offset == 0
    topics.alter(broker.kafka, "t", {"cleanup.policy": "delete"})
    assert producer.send("t", b"no key").get(20).offset == 1
    producer.close()
    consumer = KafkaConsumer("t", bootstrap_servers=broker.kafka, group_id="g", auto_offset_reset="earliest")
    wait_until(lambda: consumer.poll(500), 30, "records")
    consumer.commit()
    consumer.close()
