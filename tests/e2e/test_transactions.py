"""Exactly once: transactions over small segments of which the older are cold, over kill -9, and by both kinds of client."""
import contextlib
import random
import re
import threading
import time

import java_client
import topics
from confluent_kafka import Consumer, KafkaException, Producer
from kafka import KafkaConsumer, KafkaProducer
from kafka import TopicPartition as Partition
from takhin_process import wait_until

SMALL = {**topics.TIERED, "segment.bytes": "16384"}


def committed(address, topic, partitions=1, isolation="read_committed"):
    """Values in order, by partition."""
    consumer = KafkaConsumer(bootstrap_servers=address, isolation_level=isolation, auto_offset_reset="earliest",
                             enable_auto_commit=False, fetch_max_bytes=65536, max_partition_fetch_bytes=20000)
    wanted = [Partition(topic, i) for i in range(partitions)]
    consumer.assign(wanted)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(wanted)
    out = {p.partition: [] for p in wanted}
    deadline = time.monotonic() + 60
    while any(consumer.position(p) < ends[p] for p in wanted):
        assert time.monotonic() < deadline, f"stuck at {[consumer.position(p) for p in wanted]} of {ends}"
        for partition, records in consumer.poll(500).items():
            out[partition.partition].extend(r.value for r in records)
    consumer.close()
    return out


def producer_for(address, transactional_id, **more):
    producer = Producer({"bootstrap.servers": address, "transactional.id": transactional_id, "linger.ms": 1,
                         "transaction.timeout.ms": 30000, **more})
    producer.init_transactions(30)
    return producer


def test_t34_aborted_records_are_not_seen_hot_or_cold(brokers):
    broker = brokers().start()
    topics.create(broker.kafka, "t", 2, SMALL)
    producer, chance, kept = producer_for(broker.kafka, "one"), random.Random(3), {0: [], 1: []}
    for number in range(120):
        producer.begin_transaction()
        keep = chance.random() < 0.6
        for i in range(8):
            value = f"{number}-{i}-".encode() + b"x" * chance.randrange(100, 700)
            producer.produce("t", value, partition=i % 2)
            if keep:
                kept[i % 2].append(value)
        producer.flush()
        producer.commit_transaction() if keep else producer.abort_transaction()
    wait_until(lambda: len(broker.log_files("t")) == 1 and len(broker.log_files("t", 1)) == 1, 90, "the older segments go cold")
    assert committed(broker.kafka, "t", 2) == kept
    everything = committed(broker.kafka, "t", 2, "read_uncommitted")
    assert sum(map(len, everything.values())) == 120 * 8
    broker.kill()
    broker.start()
    assert committed(broker.kafka, "t", 2) == kept


def test_a_reader_waits_for_an_open_transaction_and_no_longer(broker):
    topics.create(broker.kafka, "t")
    producer = producer_for(broker.kafka, "slow")
    producer.begin_transaction()
    producer.produce("t", b"first")
    producer.flush()
    plain = KafkaProducer(bootstrap_servers=broker.kafka)
    plain.send("t", b"plain").get(20)
    assert committed(broker.kafka, "t") == {0: []}
    assert committed(broker.kafka, "t", isolation="read_uncommitted") == {0: [b"first", b"plain"]}
    producer.commit_transaction()
    assert committed(broker.kafka, "t") == {0: [b"first", b"plain"]}


def test_kafka_python_commits_and_aborts(broker):
    topics.create(broker.kafka, "t")
    producer = KafkaProducer(bootstrap_servers=broker.kafka, transactional_id="py")
    producer.init_transactions()
    for number in range(6):
        producer.begin_transaction()
        producer.send("t", str(number).encode())
        producer.commit_transaction() if number % 2 else producer.abort_transaction()
    producer.close()
    assert committed(broker.kafka, "t") == {0: [b"1", b"3", b"5"]}


def test_a_second_producer_fences_the_first(broker):
    topics.create(broker.kafka, "t")
    first = producer_for(broker.kafka, "same")
    first.begin_transaction()
    first.produce("t", b"lost")
    first.flush()
    second = producer_for(broker.kafka, "same")
    second.begin_transaction()
    second.produce("t", b"kept")
    second.commit_transaction()
    try:
        first.commit_transaction()
        raise AssertionError("a fenced producer committed")
    except KafkaException as error:
        assert error.args[0].fatal()
    assert committed(broker.kafka, "t") == {0: [b"kept"]}


def test_what_takes_too_long_is_aborted(broker):
    topics.create(broker.kafka, "t")
    producer = producer_for(broker.kafka, "late", **{"transaction.timeout.ms": 2000})
    producer.begin_transaction()
    producer.produce("t", b"late")
    producer.flush()
    after = KafkaProducer(bootstrap_servers=broker.kafka)
    after.send("t", b"after").get(20)
    deadline = time.monotonic() + 30
    while committed(broker.kafka, "t") != {0: [b"after"]}:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def feed(address, count):
    """Makes the topics `in` and `out`; what it wrote to `in`."""
    for topic in ("in", "out"):
        topics.create(address, topic, 1, SMALL)
    sent = [f"{i}-".encode() + b"y" * 180 for i in range(count)]
    producer = KafkaProducer(bootstrap_servers=address, acks="all")
    for value in sent:
        producer.send("in", value)
    producer.close()
    return sent


def copy_exactly_once(address, stop, group, transactional_id):
    """Consumes `in` and writes `out`, its offsets in the same transactions, until the broker goes or `stop` is set."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": group, "auto.offset.reset": "earliest",
                         "isolation.level": "read_committed", "enable.auto.commit": False, "session.timeout.ms": 6000})
    try:
        producer = producer_for(address, transactional_id)
        consumer.subscribe(["in"])
        while not stop.is_set():
            batch = [m for m in consumer.consume(20, 0.3) if not m.error()]
            if not batch:
                continue
            producer.begin_transaction()
            for message in batch:
                producer.produce("out", message.value())
            producer.send_offsets_to_transaction(consumer.position(consumer.assignment()), consumer.consumer_group_metadata(), 10)
            producer.commit_transaction(10)
    except KafkaException:
        pass  # the broker went away: the next round begins with a new producer
    finally:
        with contextlib.suppress(KafkaException):
            consumer.close()


def test_consume_transform_produce_over_kills(brokers):
    broker = brokers().start()
    sent = feed(broker.kafka, 1500)
    chance = random.Random(11)
    for _ in range(5):
        stop = threading.Event()
        worker = threading.Thread(target=copy_exactly_once, args=(broker.kafka, stop, "copy", "copier"))
        worker.start()
        time.sleep(1.5 + chance.random() * 2)
        broker.kill()
        stop.set()
        broker.start()
        worker.join()
    stop = threading.Event()
    worker = threading.Thread(target=copy_exactly_once, args=(broker.kafka, stop, "copy", "copier"))
    worker.start()
    deadline = time.monotonic() + 120
    while len(committed(broker.kafka, "out")[0]) < len(sent):
        assert time.monotonic() < deadline
        time.sleep(1)
    stop.set()
    worker.join()
    assert committed(broker.kafka, "out")[0] == sent


def test_commits_survive_kill_loops(brokers):
    """Acknowledged commits are seen, aborted ones never; the one under way at a kill is whole or absent."""
    broker = brokers().start()
    topics.create(broker.kafka, "t", 2, SMALL)
    chance, done, open_at_kill = random.Random(5), [], set()
    for round_number in range(6):
        killer = threading.Timer(1.0 + chance.random(), broker.kill)
        producer = producer_for(broker.kafka, "kills")
        killer.start()
        number = 0
        try:
            while True:
                number += 1
                name, keep = f"{round_number}-{number}", chance.random() < 0.7
                producer.begin_transaction()
                for i in range(4):
                    producer.produce("t", f"{name}:{i}".encode() + b" " * 300, partition=i % 2)
                open_at_kill.add(name) if keep else None
                producer.commit_transaction(3) if keep else producer.abort_transaction(3)
                open_at_kill.discard(name)
                if keep:
                    done.append(name)
        except KafkaException:
            killer.join()
        broker.start()
    producer_for(broker.kafka, "kills")  # ends what the last kill left open
    seen = [v.strip().decode() for values in committed(broker.kafka, "t", 2).values() for v in values]
    by_name = {}
    for value in seen:
        by_name.setdefault(value.split(":")[0], []).append(value)
    assert len(done) > 50
    assert all(len(values) == 4 for values in by_name.values()), "half of a transaction was seen"
    assert set(done) <= set(by_name) <= set(done) | open_at_kill


def test_java_copies_exactly_once_with_an_epoch_for_each_transaction(broker, jars):
    sent = feed(broker.kafka, 1000)
    java_client.run("org.apache.kafka.tools.TransactionalMessageCopier", "--broker-list", broker.kafka, "--transactional-id", "java",
                    "--consumer-group", "java", "--input-topic", "in", "--input-partition", "0", "--output-topic", "out",
                    "--max-messages", "1000", "--transaction-size", "25", "--enable-random-aborts", "--use-group-metadata")
    assert committed(broker.kafka, "out")[0] == sent
    tool = "org.apache.kafka.tools.TransactionsCommand"
    listed = java_client.run(tool, "--bootstrap-server", broker.kafka, "list").decode()
    assert "java" in listed and "CompleteCommit" in listed
    described = java_client.run(tool, "--bootstrap-server", broker.kafka, "describe", "--transactional-id", "java").decode()
    producer, epoch = re.search(r"java\s+(\d+)\s+(\d+)\s+Complete", described).groups()
    assert int(epoch) > 10, "version 2 bumps it with each transaction"
    active = java_client.run(tool, "--bootstrap-server", broker.kafka, "describe-producers", "--topic", "out", "--partition",
                             "0").decode()
    assert producer in active
