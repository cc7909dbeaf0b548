"""Encrypted topics: the bucket shows nothing, clients see everything, and a key that is gone says so by its name."""
import base64
import os
import re
import subprocess
import urllib.parse

import kcat
import pytest
import topics
from dataset import debian_packages, digest
from kafka import KafkaConsumer, TopicPartition
from s3_servers import servers
from takhin_process import binary, wait_until

RECORDS = 12_000


@pytest.fixture(scope="module")
def records():
    rows = debian_packages(RECORDS)
    assert len(rows) == RECORDS, "apt's package lists are missing: run 'apt-get update'"
    return rows


@pytest.fixture
def keys(tmp_path):
    """Writes a key file of these ids; a key is the same wherever its id comes."""
    made = {}

    def write(*ids):
        path = tmp_path / "keys"
        for key_id in ids:
            made.setdefault(key_id, base64.b64encode(os.urandom(32)).decode())
        path.write_text("".join(f"{key_id} = {made[key_id]}\n" for key_id in ids))
        path.chmod(0o600)
        return {"tier.encryption.key.file": path}

    return write


def load(broker, topic, records, **configs):
    topics.create(broker.kafka, topic, 1, {**topics.TIERED, **{key.replace("_", "."): value for key, value in configs.items()}})
    kcat.produce(broker.kafka, topic, records)
    broker.evaluate()
    wait_until(lambda: len(broker.log_files(topic)) == 1, 60, f"local files of {topic} are gone")


def objects_of(broker, store):
    """{name: bytes} of everything in the bucket."""
    if "storage.tiered.s3.bucket" not in store:
        root = broker.data / "objects"
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    server = servers()["minio"]

    def get(path):
        return subprocess.run(["curl", "-sSf", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user", f"{server.key}:{server.secret}",
                               f"{server.endpoint}/{server.bucket}{path}"], check=True, capture_output=True, timeout=60).stdout

    prefix = store["storage.tiered.s3.prefix"]
    listing = get(f"?list-type=2&prefix={urllib.parse.quote(prefix, safe='')}").decode()
    assert "<IsTruncated>false" in listing
    return {name: get("/" + urllib.parse.quote(name)) for name in re.findall(r"<Key>([^<]+)</Key>", listing)}


def segments_of(objects, topic):
    return {name: data for name, data in objects.items() if name.endswith(".seg") and f"{topic}." in name}


def rewrap(broker, store, settings, *arguments):
    where = [] if store else ["--data", str(broker.data)]
    if store:
        where = ["--store", "s3://" + store["storage.tiered.s3.bucket"] + "/" + store["storage.tiered.s3.prefix"]]
    sets = [word for key, value in {**store, **settings}.items() if not key.endswith(("s3.bucket", "s3.prefix", "tiered.enabled"))
            for word in ("--set", f"{key}={value}")]
    return subprocess.run([binary(), "tier", "rewrap", *where, *sets, *arguments], capture_output=True, text=True, timeout=300)


def shows(data, records):
    """Whether any of the records' own words stands in these bytes: fields that every package has, and whole names."""
    return b"Maintainer: " in data or b"Description" in data or any(key in data for key, _ in records[:2000] if len(key) > 12)


def test_an_encrypted_topic_from_end_to_end(brokers, store, keys, records):
    wanted = digest(records)
    broker = brokers(settings={**store, **keys("2026-a")}).start()
    load(broker, "secret", records, takhin_encryption_key_id="2026-a", takhin_zstd_level="0")
    load(broker, "open", records, takhin_zstd_level="0")

    objects = objects_of(broker, store)
    secret, plain = segments_of(objects, "secret"), segments_of(objects, "open")
    assert len(secret) >= 4 and len(plain) >= 4, objects.keys()
    assert all(shows(data, records) for data in plain.values()), "the search finds what is there"
    assert not any(shows(data, records) for data in secret.values())
    for name, data in secret.items():
        log_bytes = int(re.search(r"/\d{20}-\d{20}-\d+-(\d+)-", name).group(1))
        assert log_bytes < len(data) < 1.02 * log_bytes, "uncompressed, and encryption adds next to nothing"
    assert digest(kcat.consume(broker.kafka, "secret")) == wanted

    # Another wrapping key, without the data being written again; then the first key goes.
    broker.stop()
    done = rewrap(broker, store, keys("2026-a", "2026-b"), "--topic", "secret", "--to", "2026-b")
    assert done.returncode == 0, done
    assert f"{len(secret)} rewrapped, 0 already, 0 not encrypted, 0 failed" in done.stdout
    done = rewrap(broker, store, keys("2026-a", "2026-b"), "--to", "2026-b")
    assert f"0 rewrapped, {len(secret)} already, {len(plain)} not encrypted, 0 failed" in done.stdout, done
    assert segments_of(objects_of(broker, store), "secret") == secret
    for path in [*broker.data.glob("catalog.db*"), *(broker.data / "cache").glob("*")]:
        path.unlink()
    keys("2026-b")
    broker.start()
    assert digest(kcat.consume(broker.kafka, "secret")) == wanted, "by the new key alone"


def test_a_lost_key_says_its_name_and_hurts_nobody_else(brokers, store, keys, records):
    wanted = digest(records)
    broker = brokers(settings={**store, **keys("lost", "kept"), "tier.encryption.key.id": "kept"}).start()
    load(broker, "hit", records, takhin_encryption_key_id="lost")
    load(broker, "other", records)
    load(broker, "bare", records, takhin_encryption_key_id="none")
    assert digest(kcat.consume(broker.kafka, "hit")) == wanted
    broker.stop()
    keys("kept")
    broker.start()

    consumer = KafkaConsumer(bootstrap_servers=broker.kafka, consumer_timeout_ms=5_000, group_id=None)
    partition = TopicPartition("hit", 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    assert list(consumer) == [], "nothing comes, and nothing wrong"
    consumer.close()
    assert "key 'lost' is not in the key ring" in broker.log_path.read_text()
    for topic in ("other", "bare"):
        assert digest(kcat.consume(broker.kafka, topic)) == wanted, topic
    newest = kcat.consume(broker.kafka, "hit", RECORDS - 1)
    assert newest == records[-1:], "what is still local needs no key"

    # The key comes back, and with it the records.
    broker.stop()
    keys("lost", "kept")
    broker.start()
    assert digest(kcat.consume(broker.kafka, "hit")) == wanted


def test_a_command_wraps_the_keys(brokers, keys, records, tmp_path):
    """A key service as a shell script, which keeps what it was given under a number."""
    vault = tmp_path / "vault"
    vault.mkdir()
    hook = tmp_path / "hook"
    hook.write_text(f"""#!/bin/sh
[ "$2" = service-key ] || exit 3
case $1 in
  wrap) umask 077; cat > "{vault}/$3"; printf '%s==' "$3" | tr -- '-_' '+/';;
  unwrap) cat "{vault}/$3" || exit 3;;
esac
""")
    hook.chmod(0o700)
    settings = {"tier.encryption.key.command": hook, "tier.encryption.key.id": "service-key"}
    broker = brokers(settings=settings).start()
    load(broker, "t", records)
    segments = segments_of(objects_of(broker, {}), "t")
    assert not any(shows(data, records) for data in segments.values())
    assert len(list(vault.iterdir())) >= len(segments)
    broker.stop()
    sets = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    store = f"file://{broker.data}/objects"
    verbs = {" 0 anomalies": ["tier", "scrub", "--deep", "--data", broker.data],
             "removed   0 objects": ["tier", "gc", "--data", broker.data],
             "t-0 ": ["recover", "--from", store, "--data", tmp_path / "recovered"]}
    for said, verb in verbs.items():
        done = subprocess.run([binary(), *verb, *sets], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0 and said in done.stdout, (verb, done.stdout, done.stderr)
    for path in [*broker.data.glob("catalog.db*"), *(broker.data / "cache").glob("*")]:
        path.unlink()
    broker.start()
    assert digest(kcat.consume(broker.kafka, "t")) == digest(records)


def test_a_wrong_key_file_is_one_line_without_the_key(tmp_path):
    path = tmp_path / "keys"
    key = base64.b64encode(os.urandom(31)).decode()
    path.write_text(f"a = {key}\n")
    path.chmod(0o600)

    def run(**settings):
        sets = [word for name, value in settings.items() for word in ("--set", f"tier.encryption.key.{name}={value}")]
        ports = [word for name in ("kafka", "console", "metrics", "health") for word in ("--set", f"{name}.port=0")]
        return subprocess.run([binary(), "run", "--data", str(tmp_path / "data"), *ports, *sets], capture_output=True, text=True,
                              timeout=60)

    done = run(file=path, id="a")
    assert done.returncode != 0 and f"{path}:1: the key must be base64 of 32 bytes" in done.stderr, done
    assert key[:8] not in done.stderr
    path.write_text(f"a = {base64.b64encode(os.urandom(32)).decode()}\n")
    path.chmod(0o644)
    assert "chmod 0600" in run(file=path, id="a").stderr
    path.chmod(0o600)
    assert "key 'b' is not in the key ring" in run(file=path, id="b").stderr
    assert run(id="b").returncode == 2
