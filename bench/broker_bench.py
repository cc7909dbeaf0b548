"""Produce, fetch, latency, start and memory of the broker; with 'kafka', the same Java clients against Apache Kafka beside it."""
import re
import statistics
import time

import java_client
import topics
from confluent_kafka import Consumer, Producer
from kafka_peer import KafkaPeer
from takhin_process import Takhin, cpu_seconds, resident_bytes

RECORD_BYTES = 1024
RECORDS = 1_000_000
LATENCY_ROUNDS = 2_000
GIB = 1 << 30


def measure(broker):
    """One broker's figures by name."""
    pid = broker.process.pid
    time.sleep(1)
    figures = {"start": broker.start_seconds, "idle memory": resident_bytes(pid)}
    topics.create(broker.kafka, "perf", 1)
    for name, run in (("produce", produce), ("fetch", fetch)):
        cpu = cpu_seconds(pid)
        figures[name] = run(broker.kafka)
        figures[f"{name} cpu"] = (cpu_seconds(pid) - cpu) * GIB / (RECORDS * RECORD_BYTES)
    figures["p50"], figures["p99"] = latency(broker.kafka)
    figures["busy memory"] = resident_bytes(pid)
    return figures


def produce(address):
    out = java_client.run(
        "org.apache.kafka.tools.ProducerPerformance", "--topic", "perf", "--num-records", str(RECORDS), "--record-size",
        str(RECORD_BYTES), "--throughput", "-1", "--producer-props", f"bootstrap.servers={address}", timeout=600).decode()
    return float(re.findall(r"\(([\d.]+) MB/sec\)", out)[-1])


def fetch(address):
    out = java_client.run("org.apache.kafka.tools.ConsumerPerformance", "--bootstrap-server", address, "--topic", "perf", "--messages",
                          str(RECORDS), "--timeout", "60000", timeout=600).decode()
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
    for number in range(LATENCY_ROUNDS + 50):
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
    took = sorted(took[50:])
    return statistics.median(took), took[int(len(took) * 0.99)]


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
            ("produce", "MB/s", f"Java ProducerPerformance, {RECORDS} records of {RECORD_BYTES} B, defaults, flush off"),
            ("produce cpu", "s/GiB", "broker CPU-seconds for that"),
            ("fetch", "MB/s", "Java ConsumerPerformance reads them back"),
            ("fetch cpu", "s/GiB", "broker CPU-seconds for that: sendfile, no copy"),
            ("p50", "ms", f"send to receipt, {LATENCY_ROUNDS} single records, acks=all, librdkafka"),
            ("p99", "ms", "the same"),
            ("busy memory", "MB", "resident after all of it")):
        scale = 1e-6 if unit == "MB" else 1
        figure = f"{ours[name] * scale:.3g} {unit}"
        if theirs:
            figure += f"; Kafka {theirs[name] * scale:.3g} {unit}; ratio {ours[name] / theirs[name]:.2f}"
        yield name, figure, proves
