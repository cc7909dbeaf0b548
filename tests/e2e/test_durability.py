"""kill -9 and SIGTERM: what was acknowledged stays, offsets stay contiguous, nothing comes twice."""
import contextlib
import random
import threading
import time

import kcat
import topics
from kafka import KafkaProducer
from kafka.errors import KafkaError


def test_acks_all_survives_kill_loops(brokers):
    broker = brokers().start()
    topics.create(broker.kafka, "safe", 1, {**topics.TIERED, "segment.bytes": "65536"})
    acknowledged, chance = {}, random.Random(7)
    for round_number in range(6):
        producer = KafkaProducer(bootstrap_servers=broker.kafka, acks="all", retries=0, linger_ms=1, max_block_ms=3000,
                                 enable_idempotence=False)
        killer = threading.Timer(0.4 + chance.random() / 2, broker.kill)
        killer.start()
        futures = []
        while killer.is_alive():
            number = len(acknowledged) + len(futures)
            value = f"{round_number}-{number}-".encode() + bytes(chance.randrange(65, 90) for _ in range(300))
            try:
                futures.append((value, producer.send("safe", value)))
            except KafkaError:
                break
            time.sleep(0.0005)
        killer.join()
        for value, future in futures:
            if future.is_done and future.succeeded():
                acknowledged[future.value.offset] = value
        with contextlib.suppress(KafkaError):  # its broker is gone
            producer.close(0)
        broker.start()
    rows = kcat.consume(broker.kafka, "safe")
    assert len(acknowledged) > 300
    for offset, value in acknowledged.items():
        assert rows[offset][1] == value, f"offset {offset}"


def test_sigterm_is_quick_and_offsets_go_on(brokers):
    broker = brokers().start()
    topics.create(broker.kafka, "t", 1, topics.TIERED)
    for round_number in range(3):
        rows = [(b"k", f"{round_number}-{i}".encode()) for i in range(1000)]
        kcat.produce(broker.kafka, "t", rows)
        assert broker.stop() < 5
        assert broker.process.returncode == 0
        broker.start()
    assert [v for _, v in kcat.consume(broker.kafka, "t")] == [f"{r}-{i}".encode() for r in range(3) for i in range(1000)]
