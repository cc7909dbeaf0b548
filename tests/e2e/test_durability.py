"""kill -9 and SIGTERM: what was acknowledged stays, offsets stay contiguous, nothing comes twice."""
import random

import kcat
import topics
from kill_loop import produce_until_killed


def test_acks_all_survives_kill_loops(brokers):
    broker = brokers().start()
    topics.create(broker.kafka, "safe", 1, {**topics.TIERED, "segment.bytes": "65536"})
    acknowledged, chance = {}, random.Random(7)
    for round_number in range(6):
        produce_until_killed(broker, "safe", round_number, chance, acknowledged)
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
