"""A disk is lost: the bucket alone brings topics, records, producers and groups back. And the tools that look after a bucket."""
import json
import os
import shutil
import subprocess
import time

import kcat
import pytest
import topics
from dataset import debian_packages, digest
from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata
from takhin_process import Takhin, binary, wait_until

TOPIC = "packages"
GROUP = "readers"
COMMITTED = 7_000
IDEMPOTENT = ("-X", "enable.idempotence=true")
ID_CHARS = 22
FAST = {"tier.local.pass.interval.ms": 100, "tier.groups.backup.interval.ms": 200}


def takhin(*arguments):
    return subprocess.run([binary(), *map(str, arguments)], capture_output=True, text=True, timeout=120)


def sets(settings):
    return [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]


def archive_everything(broker, topic):
    """Also the active segment: rolled by time, archived, dropped."""
    topics.alter(broker.kafka, topic, {**topics.TIERED, "segment.ms": "500", "local.retention.bytes": "0"})

    def only_an_empty_file():
        try:
            return [path.stat().st_size for path in broker.log_files(topic)] == [0]
        except FileNotFoundError:  # dropped while we looked
            return False

    wait_until(only_an_empty_file, 60, "everything is in the store")


def commit(address, offset):
    consumer = KafkaConsumer(bootstrap_servers=address, group_id=GROUP, enable_auto_commit=False)
    try:
        consumer.assign([TopicPartition(TOPIC, 0)])
        consumer.commit({TopicPartition(TOPIC, 0): OffsetAndMetadata(offset, "", -1)})
    finally:
        consumer.close()


def first_of_group(address):
    consumer = KafkaConsumer(TOPIC, bootstrap_servers=address, group_id=GROUP, enable_auto_commit=False, auto_offset_reset="earliest",
                             consumer_timeout_ms=60_000)
    try:
        return next(consumer).offset
    finally:
        consumer.close()


def puts(broker):
    return sum(value for name, value in broker.metrics().items()
               if name.startswith("tiered_storage_requests_total") and 'verb="put"' in name and 'result="success"' in name)


def test_t41_a_lost_disk_is_rebuilt_from_the_bucket(brokers, minio):
    records = debian_packages(20_000)
    settings = {**minio, **FAST}
    broker = brokers(settings=settings).start()
    topics.create(broker.kafka, TOPIC, 1, topics.TIERED)
    kcat.produce(broker.kafka, TOPIC, records, *IDEMPOTENT)
    archive_everything(broker, TOPIC)
    before = puts(broker)
    commit(broker.kafka, COMMITTED)
    wait_until(lambda: puts(broker) >= before + 2, 30, "topic.json of __consumer_offsets and the committed offsets are in the store")
    broker.kill()
    shutil.rmtree(broker.data)

    url = f"s3://{minio['storage.tiered.s3.bucket']}/{minio['storage.tiered.s3.prefix']}"
    recover = ["recover", "--from", url, "--data", broker.data, *sets(minio)]
    done = takhin(*recover)
    assert done.returncode == 0, done.stderr
    assert f"{TOPIC}-0" in done.stdout and str(len(records)) in done.stdout, done.stdout
    again = takhin(*recover)
    assert again.returncode == 1 and "is not empty" in again.stderr, again

    broker.start()
    assert digest(kcat.consume(broker.kafka, TOPIC)) == digest(records)
    costs = {row["topic"]: row for row in broker.get("/api/v1/tiers/cost/topics")["topics"]}
    assert costs[TOPIC]["get_requests"] > 0 and costs[TOPIC]["bytes_down"] > 0 and costs[TOPIC]["storage_usd_month"] > 0, costs
    assert first_of_group(broker.kafka) == COMMITTED
    more = [(b"after", f"the loss {i}".encode()) for i in range(100)]
    kcat.produce(broker.kafka, TOPIC, more, *IDEMPOTENT)
    assert kcat.consume(broker.kafka, TOPIC, len(records)) == more, "the log goes on at the archived end"
    assert digest(kcat.consume(broker.kafka, TOPIC)) == digest(records + more)
    scrub = takhin("tier", "scrub", "--json", "--store", url, *sets(minio))
    assert scrub.returncode == 0, scrub.stdout


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    """A bucket with one topic of several segments, as a directory, and the data directory that wrote it."""
    where = tmp_path_factory.mktemp("bucket")
    broker = Takhin(where / "data", {**FAST, "storage.tiered.enabled": "true",
                                     "storage.tiered.s3.endpoint": f"file://{where}/objects"}).start()
    try:
        topics.create(broker.kafka, "t", 1, topics.TIERED)
        kcat.produce(broker.kafka, "t", [(b"k", b"v" * 2000)] * 2_500)
        archive_everything(broker, "t")
    finally:
        broker.stop()
    return where


@pytest.fixture
def place(bucket, tmp_path):
    """A copy of it to spoil."""
    shutil.copytree(bucket, tmp_path / "copy")
    return tmp_path / "copy"


def segments(place):
    return sorted((place / "objects").rglob("*.seg"))


def look(place, *options, data=False):
    where = ["--data", place / "data", *sets({"storage.tiered.enabled": "true",
                                              "storage.tiered.s3.endpoint": f"file://{place}/objects"})] if data else [
        "--store", f"file://{place}/objects"]
    done = takhin("tier", *options, "--json", *where)
    assert done.returncode in (0, 1), done
    return done.returncode, json.loads(done.stdout)


def scrub(place, *options, data=False):
    code, report = look(place, "scrub", *options, data=data)
    kinds = {a["kind"] for a in report["anomalies"]}
    assert report["clean"] == (not kinds) == (code == 0)
    assert kinds == {kind for kind, count in report["counts"].items() if count > 0}
    return kinds


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def rename(path, old, new, copy=True):
    assert old in path.name
    to = path.with_name(path.name.replace(old, new, 1))
    shutil.copy(path, to) if copy else path.rename(to)
    return to


def plant_superseded(path):
    front = path.name[:-ID_CHARS - 4]
    assert front.endswith("-0-")
    shutil.copy(path, path.with_name(front[:-3] + "-1-" + "A" * 21 + "Q.seg"))


def plant_tombstone(path):
    topic = path.parent.parent.name
    folder = path.parent.parent.parent / "deleted"
    folder.mkdir()
    name, _, topic_id = topic.rpartition(".")
    (folder / f"{topic}.json").write_text(json.dumps({"version": 1, "name": name, "id": topic_id}))


def end_of(path):
    return int(path.name.split("-")[1])


PLANTS = {
    "gap": lambda all: all[1].unlink(),
    "overlap": lambda all: rename(all[0], f"{end_of(all[0]):020}", f"{end_of(all[0]) + 1:020}"),
    "unreadable_tail": lambda all: flip(all[0], -10),
    "stump": lambda all: rename(all[-1], all[-1].name[-ID_CHARS - 4:], "A" * 21 + "Q.seg").write_bytes(b"half"),
    "unreadable_state": lambda all: (all[0].parent / "state.json").write_text("{"),
    "unreadable_topic_record": lambda all: (all[0].parent.parent / "topic.json").write_text("{"),
    "no_topic_record": lambda all: (all[0].parent.parent / "topic.json").unlink(),
    "name_twice": lambda all: shutil.copytree(all[0].parent.parent, all[0].parent.parent.with_name("t." + "A" * 21 + "Q")),
    "superseded": lambda all: plant_superseded(all[0]),
    "copy": lambda all: rename(all[0], all[0].name[-ID_CHARS - 4:], "_" * 21 + "w.seg"),
    "below_log_start": lambda all: (all[0].parent / "state.json").write_text(
        json.dumps({"version": 1, "log_start_offset": end_of(all[0])})),
    "deleted_topic": lambda all: plant_tombstone(all[0]),
}


def test_scrub_finds_nothing_where_nothing_is_wrong(place):
    assert scrub(place) == set()
    assert scrub(place, "--deep", data=True) == set()


@pytest.mark.parametrize("kind", PLANTS)
def test_scrub_finds_in_a_bucket(place, kind):
    PLANTS[kind](segments(place))
    assert kind in scrub(place)


def test_scrub_finds_damage_only_when_it_reads_everything(place):
    flip(segments(place)[0], 50)
    assert scrub(place) == set()
    assert scrub(place, "--deep") == {"damaged_object"}


@pytest.mark.parametrize("kind", ["missing_object", "unrecorded_object", "wrong_size"])
def test_scrub_finds_against_the_catalogue(place, kind):
    all = segments(place)
    if kind == "missing_object":
        all[0].unlink()
        assert scrub(place, data=True) == {"gap", "missing_object"}
    elif kind == "unrecorded_object":
        for path in (place / "data").glob("catalog.db*"):
            path.unlink()
        assert scrub(place, data=True) == {"unrecorded_object"}
    else:
        all[0].write_bytes(all[0].read_bytes()[:-1])
        assert scrub(place, data=True) == {"wrong_size"}


def test_scrub_says_when_it_cannot_read(place):
    assert takhin("tier", "scrub", "--store", "ftp://x").returncode == 2
    done = takhin("tier", "scrub", "--store", "s3://b", *sets({
        "storage.tiered.s3.endpoint": "http://127.0.0.1:1", "storage.tiered.s3.access.key": "k", "storage.tiered.s3.secret.key": "s"}))
    assert done.returncode == 2 and done.stderr, done


def test_gc_removes_what_is_left_over_after_the_grace_period(place):
    before = segments(place)
    PLANTS["copy"](before)
    two_days_ago = time.time() - 2 * 24 * 3600
    code, report = look(place, "gc")
    assert code == 0 and report["objects"]["too_young"] == 1 and len(segments(place)) == len(before) + 1
    for path in segments(place):
        os.utime(path, (two_days_ago, two_days_ago))
    code, report = look(place, "gc", "--dry-run")
    assert code == 0 and report["objects"]["would_go"] == 1 and len(segments(place)) == len(before) + 1
    code, report = look(place, "gc", data=True)
    assert code == 0 and report["objects"]["removed"] == 1 and report["bytes"]["removed"] > 0, report
    assert segments(place) == before and scrub(place, "--deep", data=True) == set()


def test_why_says_the_same_by_command_and_by_route(brokers):
    broker = brokers().start()
    topics.create(broker.kafka, "t", 1, {"segment.bytes": str(1 << 20)})
    kcat.produce(broker.kafka, "t", [(b"k", b"v" * 2000)] * 1_500)
    first, last = (f"t-0/{path.name}" for path in (broker.log_files("t")[0], broker.log_files("t")[-1]))
    young = broker.get(f"/api/v1/tiered/why/{first}")
    assert [r["reason"] for r in young["reasons"]] == ["too_young"] and young["policy"] == "hot", young
    assert [r["reason"] for r in broker.get(f"/api/v1/tiered/why/{last}")["reasons"]] == ["active"]
    broker.post("/api/v1/tiered/archive", {"segment_path": first})
    reasons = broker.get(f"/api/v1/tiered/why/{first}")["reasons"]
    assert [(r["place"], r["reason"]) for r in reasons] == [("local", "too_young"), ("remote", "no_retention")]
    broker.stop()
    done = takhin("tier", "why", first, "--json", "--data", broker.data)
    assert done.returncode == 0, done
    again = json.loads(done.stdout)["reasons"]
    assert [(r["place"], r["reason"]) for r in again] == [("local", "too_young"), ("remote", "no_retention")]
    assert takhin("tier", "why", "t-0/00000000000000099999.log", "--data", broker.data).returncode == 1


def test_gc_of_a_write_once_bucket_only_reports(place):
    PLANTS["copy"](segments(place))
    before = segments(place)
    done = takhin("tier", "gc", "--grace", "0", "--json", "--store", f"file://{place}/objects", "--set", "storage.tiered.write.once=true")
    assert done.returncode == 0 and json.loads(done.stdout)["objects"]["would_go"] == 1, done
    assert segments(place) == before
