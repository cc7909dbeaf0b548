"""Kafka's own DumpLogSegments reads what the broker wrote."""
import pathlib
import re

import java_client
import kcat
import topics
from kafka import KafkaProducer


def test_kafka_reads_our_files(broker, jars):
    topics.create(broker.kafka, "t", 1, {"segment.bytes": str(1 << 20)})
    rows = [(f"k{i}".encode(), b"v" * 700) for i in range(5000)]
    kcat.produce(broker.kafka, "t", rows)
    producer = KafkaProducer(bootstrap_servers=broker.kafka, compression_type="zstd")
    for key, value in rows[:500]:
        producer.send("t", value, key)
    producer.close()
    folder = pathlib.Path(broker.data) / "log/t-0"
    broker.stop()
    logs = sorted(folder.glob("*.log"))
    assert len(logs) >= 3
    files = [str(p) for p in logs + sorted(folder.glob("*.index")) + sorted(folder.glob("*.timeindex"))]
    out = java_client.run("kafka.tools.DumpLogSegments", "--deep-iteration", "--files", ",".join(files)).decode()
    offsets = [int(n) for n in re.findall(r"^\| offset: (\d+)", out, re.M)]
    assert offsets == list(range(5500))
    assert "isvalid: false" not in out
    for complaint in ("Found corrupted", "mismatch", "Mismatches", "not present", "Index entry"):
        assert complaint.lower() not in out.lower(), out[-2000:]
