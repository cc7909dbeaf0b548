"""Archive and cold reads through the broker, on file:// and on MinIO: MB/s, CPU-seconds and requests per GiB of log."""
import json
import os
import random
import subprocess
import time

import topics
from confluent_kafka import Consumer, Producer, TopicPartition
from s3_servers import servers
from takhin_process import Takhin, wait_until

GIB = 1 << 30
RECORD_BYTES = 1024
RECORDS = 1_100_000  # a whole segment of 1 GiB and the beginning of the next
FIRST_BYTE_ROUNDS = 40


def payloads(count=5000):
    """JSON log lines of about 1 KiB: text like users' own, so that compression is neither free nor hopeless."""
    chance = random.Random(1)
    words = [f"{chance.choice('bcdfglmnprst')}{chance.choice('aeiou')}{chance.choice('bcdfglmnprst')}{n}" for n in range(400)]
    rows = []
    for number in range(count):
        row = {"level": chance.choice(["info", "warn", "error"]), "id": chance.getrandbits(64), "service": chance.choice(words), "n": number}
        row["message"] = " ".join(chance.choice(words) for _ in range(120))
        rows.append(json.dumps(row)[:RECORD_BYTES].ljust(RECORD_BYTES).encode())
    return rows


def load(address, topic):
    producer = Producer({"bootstrap.servers": address, "linger.ms": 20, "batch.size": 262144, "queue.buffering.max.messages": 200_000})
    rows = payloads()
    for number in range(RECORDS):
        while True:
            try:
                producer.produce(topic, rows[number % len(rows)])
                break
            except BufferError:
                producer.poll(0.05)
    assert producer.flush(120) == 0


def requests(broker):
    """(PUT-class, GET) requests so far."""
    put = get = 0
    for name, value in broker.metrics().items():
        if name.startswith("tiered_storage_requests_total{"):
            if 'verb="get"' in name or 'verb="head"' in name:
                get += value
            elif not any(f'verb="{free}"' in name for free in ("remove", "abort")):
                put += value
    return put, get


def first_byte(address, topic, end):
    """Seconds to the first record at random cold offsets."""
    chance, took = random.Random(2), []
    consumer = Consumer({"bootstrap.servers": address, "group.id": "first-byte", "enable.auto.commit": False, "fetch.max.bytes": 1 << 20})
    for _ in range(FIRST_BYTE_ROUNDS):
        offset = chance.randrange(end)
        consumer.assign([TopicPartition(topic, 0, offset)])
        began = time.perf_counter()
        while True:
            message = consumer.poll(30)
            if message is not None and message.error() is None and message.offset() == offset:
                break
        took.append(time.perf_counter() - began)
        consumer.unassign()
    consumer.close()
    return sorted(took)


def measure(work, name, settings):
    with Takhin(work / f"tier-{name}", {"log.level": "warn", "log.flush": "false", **settings}) as broker:
        topic = "cold"
        topics.create(broker.kafka, topic, 1, {"segment.bytes": str(GIB)})
        load(broker.kafka, topic)
        segment = f"{topic}-0/{0:020}.log"
        size = (broker.data / "log" / segment).stat().st_size
        cpu, before, began = broker.cpu_seconds(), requests(broker), time.monotonic()
        broker.post("/api/v1/tiered/archive", {"segment_path": segment})
        took, cpu, after = time.monotonic() - began, broker.cpu_seconds() - cpu, requests(broker)
        uploaded = broker.metrics()["tiered_storage_s3_bytes_uploaded"]
        yield (f"{name}: archive", f"{size / took / 1e6:.0f} MB/s of log, {cpu * GIB / size:.2f} CPU-s/GiB, "
               f"{(after[0] - before[0]) * GIB / size:.0f} PUT-class/GiB", f"1 GiB segment to {uploaded / 1e6:.0f} MB in the store, verified")
        end = int(broker.log_files(topic)[1].name.split(".")[0])
        make_cold(broker, topic)
        took = first_byte(broker.kafka, topic, end)
        yield (f"{name}: first record at a random cold offset", f"p50 {took[len(took) // 2] * 1000:.0f} ms, p99 {took[-1] * 1000:.0f} ms",
               f"{FIRST_BYTE_ROUNDS} offsets through librdkafka")
        drop_cache(broker)
        cpu, before, began = broker.cpu_seconds(), requests(broker), time.monotonic()
        count = subprocess.run(["kcat", "-q", "-b", broker.kafka, "-C", "-t", topic, "-o", "beginning", "-c", str(end), "-f", "%o\n"],
                               check=True, capture_output=True).stdout.count(b"\n")
        took, cpu, after = time.monotonic() - began, broker.cpu_seconds() - cpu, requests(broker)
        assert count == end, (count, end)
        yield (f"{name}: cold read in order", f"{size / took / 1e6:.0f} MB/s, {cpu * GIB / size:.2f} CPU-s/GiB, "
               f"{(after[1] - before[1]) * GIB / size:.0f} GET/GiB", "kcat reads the whole archived segment")
        began = time.monotonic()
        kcat_count(broker, topic, end)
        yield f"{name}: the same again, cached", f"{size / (time.monotonic() - began) / 1e6:.0f} MB/s", "a cached read is as fast as a hot one"


def kcat_count(broker, topic, end):
    subprocess.run(["kcat", "-q", "-b", broker.kafka, "-C", "-t", topic, "-o", "beginning", "-c", str(end), "-f", "%o\n"], check=True,
                   stdout=subprocess.DEVNULL)


def make_cold(broker, topic):
    """Drops the local copy through the topic's own configs."""
    topics.alter(broker.kafka, topic, {"remote.storage.enable": "true", "local.retention.bytes": "1"})
    wait_until(lambda: len(broker.log_files(topic)) == 1, 60, "the local file is gone")


def drop_cache(broker):
    broker.stop()
    subprocess.run(["rm", "-rf", str(broker.data / "cache")], check=True)
    broker.start()


def rows(work):
    yield from measure(work, "file", {})
    if "minio" in servers():
        yield from measure(work, "minio", {**servers()["minio"].settings(), "storage.tiered.s3.prefix": f"bench-{os.getpid()}"})
