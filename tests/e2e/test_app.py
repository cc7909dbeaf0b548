"""The command line."""
import json
import subprocess

import kcat
import topics
from takhin_process import binary, wait_until


def takhin(*arguments, **options):
    return subprocess.run([binary(), *arguments], capture_output=True, text=True, timeout=60, **options)


def test_version_and_help():
    assert takhin("version").stdout.startswith("takhin ")
    for verb in ([], ["run"], ["config"], ["tier"], ["tier", "ls"], ["tier", "verify"]):
        done = takhin(*verb, "--help")
        assert done.returncode == 0 and "Usage" in done.stdout, verb


def test_config_prints_values_and_origins(tmp_path):
    file = tmp_path / "takhin.yaml"
    file.write_text("storage:\n  tiered:\n    cold.age.hours: 200\n    s3: {region: eu-west-1}\n")
    done = takhin("config", "--config", str(file), "--set", "kafka.port=1234", env={"TAKHIN_STORAGE_TIERED_WARM_AGE_HOURS": "24"})
    assert done.returncode == 0, done.stderr
    for words in (("storage.tiered.cold.age.hours", "200", "file"), ("storage.tiered.s3.region", "eu-west-1", "file"),
                  ("storage.tiered.warm.age.hours", "24", "environment"), ("kafka.port", "1234", "command line")):
        assert any(all(w in line for w in words) for line in done.stdout.splitlines()), words


def test_wrong_config_is_one_line_and_exit_2(tmp_path):
    for setting, key in (("storage.tiered.cold.age.hours=1", "storage.tiered.cold.age.hours"), ("kafka.port=99999", "kafka.port"),
                         ("kafka.prt=1", "kafka.prt"), ("storage.tiered.enabled=maybe", "storage.tiered.enabled")):
        for command in (["run", "--data", str(tmp_path / "d"), "--set", setting], ["config", "--check", "--set", setting]):
            done = takhin(*command)
            lines = [line for line in done.stderr.splitlines() if line]
            assert done.returncode == 2 and len(lines) == 1 and key in lines[0], (command, done)


def test_a_data_directory_has_one_owner(brokers):
    broker = brokers().start()
    done = takhin("run", "--data", str(broker.data), "--set", "kafka.port=0", "--set", "console.port=0", "--set", "metrics.port=0",
                  "--set", "health.port=0")
    assert done.returncode != 0 and str(broker.process.pid) in done.stderr, done.stderr


def test_tier_verbs_over_directory_and_bucket(brokers):
    broker = brokers().start()
    topics.create(broker.kafka, "t", 1, topics.TIERED)
    kcat.produce(broker.kafka, "t", [(b"k", b"v" * 2000)] * 3000)
    broker.evaluate()
    wait_until(lambda: len(broker.log_files("t")) == 1, 30, "archived")
    broker.stop()
    data, bucket = ["--data", str(broker.data)], ["--store", f"file://{broker.data}/objects"]
    for where in (data, bucket):
        rows = json.loads(takhin("tier", "ls", "--json", *where).stdout)
        assert len(rows) >= 4, rows
        assert takhin("tier", "stat", *where).returncode == 0
        assert takhin("tier", "verify", "--full", *where).returncode == 0
    first = "t-0/00000000000000000000.log"
    assert takhin("tier", "restore", first, *data).returncode == 0
    assert (broker.data / "log" / first).exists()
    victim = sorted((broker.data / "objects").rglob("*.seg"))[0]
    damaged = bytearray(victim.read_bytes())
    damaged[len(damaged) // 3] ^= 1
    victim.write_bytes(damaged)
    done = takhin("tier", "verify", "--full", *bucket)
    assert done.returncode == 1 and "00000000000000000000" in done.stdout + done.stderr
