"""A store that is down, frames that are wrong, a disk that is full: the rest goes on."""
import os
import socket
import struct
import subprocess
import time

import kcat
import pytest
import topics
from dataset import digest
from fault_proxy import FaultProxy
from kafka import KafkaProducer
from kafka.errors import KafkaError
from takhin_process import wait_until

ROWS = [(f"k{i}".encode(), os.urandom(500).hex().encode()) for i in range(6000)]


def through(proxy, settings):
    return {**settings, "storage.tiered.s3.endpoint": f"http://{proxy.address}"}


def test_store_down_at_start_and_back_later(brokers, minio):
    proxy = FaultProxy(minio["storage.tiered.s3.endpoint"])
    proxy.down()
    broker = brokers(settings=through(proxy, minio)).start()
    topics.create(broker.kafka, "t", 1, topics.TIERED)
    kcat.produce(broker.kafka, "t", ROWS)
    assert digest(kcat.consume(broker.kafka, "t")) == digest(ROWS), "hot work goes on"
    assert broker.get("/api/v1/tiered/stats")["archived_segments"] == 0
    wait_until(lambda: broker.http("GET", "/health/ready", address=broker.health)[0] == 503, 30, "readiness shows it")
    proxy.up()
    wait_until(lambda: len(broker.log_files("t")) == 1, 90, "archiving was retried")
    assert digest(kcat.consume(broker.kafka, "t")) == digest(ROWS)
    proxy.close()


def test_store_goes_away_while_a_consumer_reads_cold(brokers, minio):
    proxy = FaultProxy(minio["storage.tiered.s3.endpoint"])
    broker = brokers(settings=through(proxy, minio)).start()
    topics.create(broker.kafka, "t", 1, topics.TIERED)
    kcat.produce(broker.kafka, "t", ROWS)
    wait_until(lambda: len(broker.log_files("t")) == 1, 60, "archived")
    proxy.down()
    reader = subprocess.Popen(["kcat", "-q", "-b", broker.kafka, "-C", "-t", "t", "-o", "beginning", "-c", "10", "-f", "%k\n"],
                              stdout=subprocess.PIPE)
    time.sleep(3)
    assert reader.poll() is None, "the client retries, it is told nothing final"
    kcat.produce(broker.kafka, "other", ROWS[:50])
    assert len(kcat.consume(broker.kafka, "other")) == 50, "others are served meanwhile"
    proxy.up()
    out, _ = reader.communicate(timeout=60)
    assert out.split() == [key for key, _ in ROWS[:10]]
    proxy.close()


def exchange(address, data, wait=2.0):
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=wait) as s:
        s.sendall(data)
        try:
            return s.recv(65536)
        except (TimeoutError, ConnectionResetError):
            return None


@pytest.mark.parametrize("frame", [
    struct.pack(">i", -1), struct.pack(">i", 0x7FFFFFFF), struct.pack(">i", 4) + b"\xff\xff\xff\xff",
    struct.pack(">ihhih", 10, 999, 0, 1, -1), struct.pack(">ihhih", 10, 3, 0, 1, 500), b"GET / HTTP/1.1\r\n\r\n",
    struct.pack(">ihhih", 14, 3, 4, 1, -1) + struct.pack(">i", 0x7FFFFFFF),
])
def test_malformed_frames_close_their_connection_only(broker, frame):
    assert exchange(broker.kafka, frame) in (b"", None)
    kcat.produce(broker.kafka, "t", ROWS[:10])
    assert len(kcat.consume(broker.kafka, "t")) == 10
    warnings = [line for line in broker.log_path.read_text().splitlines() if " warn" in line]
    assert len(warnings) <= 2, warnings


def test_unknown_api_versions_version_gets_the_table(broker):
    request = struct.pack(">hhih", 18, 99, 7, -1) + b"\x00"  # a flexible header: no tagged fields
    answer = exchange(broker.kafka, struct.pack(">i", len(request)) + request)
    size, correlation, error, count = struct.unpack(">iihi", answer[:14])
    assert correlation == 7 and error == 35 and count > 10 and size == len(answer) - 4


def test_disk_full_refuses_produce_and_keeps_what_was_acknowledged(brokers, tmp_path):
    mount = tmp_path / "small"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(mount)], capture_output=True).returncode != 0:
        pytest.skip("mounting a small tmpfs is not allowed here")
    try:
        broker = brokers(name="small/data", settings={"storage.tiered.enabled": "false"}).start()
        topics.create(broker.kafka, "t")
        producer = KafkaProducer(bootstrap_servers=broker.kafka, acks="all", retries=0, enable_idempotence=False,
                                 delivery_timeout_ms=8000, request_timeout_ms=5000)
        acknowledged, refused = 0, None
        for i in range(60):
            try:
                producer.send("t", bytes([i]) * 900_000).get(10)
                acknowledged += 1
            except KafkaError as error:
                refused = error
                break
        assert refused is not None and acknowledged > 5
        producer.close(1)
        rows = kcat.consume(broker.kafka, "t")
        assert [value[0] for _, value in rows] == list(range(acknowledged))
        broker.kill()
        broker.start()
        assert len(kcat.consume(broker.kafka, "t")) == acknowledged
        broker.stop()
    finally:
        subprocess.run(["umount", "-l", str(mount)], check=True)
