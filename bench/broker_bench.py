"""Start, produce, fetch, latency and memory of the broker, cold reads through it; with 'kafka', the same clients against Apache Kafka
beside it in the same run."""
import re
import statistics
import subprocess
import time

import java_client
import topics
from confluent_kafka import Consumer, Producer
from kafka_peer import KafkaPeer
from takhin_process import Takhin, cpu_seconds, resident_bytes, wait_until

from table import RECORDS, ROUNDS

RECORD_BYTES = 1024
BYTES = RECORDS * RECORD_BYTES
GIB = 1 << 30
WARM_ROUNDS = 50
TRACED_BYTES = 32 << 20  # of a fetch under strace


def measure(broker):
    """One broker's figures by name."""
    pid = broker.process.pid
    time.sleep(1)
    figures = {"start": broker.start_seconds, "idle memory": resident_bytes(pid) / 1e6}
    topics.create(broker.kafka, "perf", 1)
    for name, run in (("produce", produce), ("fetch", fetch)):
        cpu = cpu_seconds(pid)
        figures[name] = run(broker.kafka, "perf")
        figures[f"{name} cpu"] = (cpu_seconds(pid) - cpu) * GIB / BYTES
    figures["p50"], figures["p99"] = latency(broker.kafka)
    figures["busy memory"] = resident_bytes(pid) / 1e6
    return figures


def produce(address, topic):
    out = java_client.run(
        "org.apache.kafka.tools.ProducerPerformance", "--topic", topic, "--num-records", str(RECORDS), "--record-size",
        str(RECORD_BYTES), "--throughput", "-1", "--producer-props", f"bootstrap.servers={address}", timeout=600).decode()
    assert out.strip().splitlines()[-1].startswith(f"{RECORDS} records sent"), out
    return float(re.findall(r"\(([\d.]+) MB/sec\)", out)[-1])


def fetch(address, topic):
    out = java_client.run("org.apache.kafka.tools.ConsumerPerformance", "--bootstrap-server", address, "--topic", topic,
                          "--messages", str(RECORDS), "--timeout", "60000", timeout=600).decode()
    last = [line for line in out.splitlines() if re.match(r"\d{4}-", line)][-1].split(", ")
    assert int(last[4]) >= RECORDS, out
    return float(last[8])


def latency(address):
    """Milliseconds from send to receipt, one record at a time (librdkafka, acks=all, no linger)."""
    topics.create(address, "latency", 1)
    consumer = Consumer({"bootstrap.servers": address, "group.id": "latency", "auto.offset.reset": "earliest",
                         "fetch.wait.max.ms": 500, "enable.auto.commit": False})
    consumer.subscribe(["latency"])
    producer = Producer({"bootstrap.servers": address, "linger.ms": 0, "acks": "all"})
    took = []
    for number in range(ROUNDS + WARM_ROUNDS):
        began = time.perf_counter()
        producer.produce("latency", number.to_bytes(4, "big"))
        producer.poll(0)
        while True:
            message = consumer.poll(5)
            if message is not None and message.error() is None and message.value() == number.to_bytes(4, "big"):
                break
        took.append((time.perf_counter() - began) * 1000)
    consumer.close()
    producer.flush()
    took = sorted(took[WARM_ROUNDS:])
    return statistics.median(took), took[int(len(took) * 0.99)]


def count_bytes(address, topic, records):
    """Reads the first `records` records with kcat; the bytes of their values."""
    out = subprocess.run(["kcat", "-q", "-b", address, "-C", "-t", topic, "-p", "0", "-o", "beginning", "-c", str(records), "-f", "%S\n"],
                         check=True, capture_output=True, timeout=300).stdout.split()
    assert len(out) == records, (len(out), records)
    return sum(map(int, out))


def sendfile_share(broker, topic, folder):
    """Of the bytes of a fetch, those that the kernel sent from the file itself: the answers of sendfile(2) under strace."""
    trace = folder / "strace"
    with subprocess.Popen(["strace", "-f", "-q", "-e", "trace=sendfile,pread64", "-o", str(trace), "-p", str(broker.process.pid)],
                          stderr=subprocess.PIPE) as strace:
        wait_until(trace.exists, 30, "strace is attached")
        time.sleep(1)
        got = count_bytes(broker.kafka, topic, TRACED_BYTES // RECORD_BYTES)
        strace.terminate()
    answers = {"sendfile": 0, "pread64": 0}
    for call, answer in re.findall(r"(sendfile|pread64)(?: resumed>|\().*= (\d+)$", trace.read_text(), re.MULTILINE):
        answers[call] += int(answer)
    assert answers["sendfile"] >= got, (answers, got)
    return 100 * answers["sendfile"] / (answers["sendfile"] + answers["pread64"])


def cold_rows(work):
    """The same records once they are cold, in segments of 16 MiB, against the same read of them while they were hot."""
    with Takhin(work / "cold", {"log.level": "warn", "log.flush": "false"}) as broker:
        topics.create(broker.kafka, "perf", 1, {"segment.bytes": str(16 << 20), "retention.ms": "-1"})
        produce(broker.kafka, "perf")
        yield "fetch sent by sendfile", sendfile_share(broker, "perf", work), "%", "", "of the bytes that left the log; the rest are headers of batches"
        hot = fetch(broker.kafka, "perf")
        topics.alter(broker.kafka, "perf", {"remote.storage.enable": "true", "local.retention.bytes": "1"})
        wait_until(lambda: len(broker.log_files("perf")) == 1, 300, "all but the active segment is in the store only")
        cpu, before = broker.cpu_seconds(), broker.metrics()
        cold = fetch(broker.kafka, "perf")
        cpu, after = broker.cpu_seconds() - cpu, broker.metrics()
        gets = sum(value - before.get(name, 0) for name, value in after.items()
                   if name.startswith("tiered_storage_requests_total{") and ('verb="get"' in name or 'verb="head"' in name))
        assert gets > 0, "the records came from the store"
        yield "cold fetch", cold, "MB/s", f"{cold / hot:.2f} x hot", "the same consumer reads archived segments of 16 MiB from file://"
        yield "cold fetch cpu", cpu * GIB / BYTES, "s/GiB", "", "broker CPU-seconds for that"
        yield "cold fetch requests", gets * GIB / BYTES, "GET/GiB", "64 segments", "each comes whole, with its tail"
        again = fetch(broker.kafka, "perf")
        yield "cached fetch", again, "MB/s", f"{again / hot:.2f} x hot", "the same again: sendfile from the cache"


def rows(work, with_kafka):
    with Takhin(work / "broker", {"log.level": "warn", "log.flush": "false"}) as takhin:
        ours = measure(takhin)
    theirs = {}
    if with_kafka:
        with KafkaPeer(work / "kafka") as kafka:
            theirs = measure(kafka)
    for name, unit, proves in (
            ("start", "s", "from exec to every port listening"),
            ("idle memory", "MB", "resident, no topics"),
            ("produce", "MB/s", "Java ProducerPerformance, defaults, flush off as Kafka's default is"),
            ("produce cpu", "s/GiB", "broker CPU-seconds for that"),
            ("fetch", "MB/s", "Java ConsumerPerformance reads them back"),
            ("fetch cpu", "s/GiB", "broker CPU-seconds for that"),
            ("p50", "ms", f"send to receipt, {ROUNDS} single records, acks=all, librdkafka"),
            ("p99", "ms", "the same"),
            ("busy memory", "MB", "resident after all of it")):
        yield name, ours[name], unit, f"Kafka {theirs[name]:.3g}: {ours[name] / theirs[name]:.2f} x" if theirs else "", proves
    yield from cold_rows(work)
