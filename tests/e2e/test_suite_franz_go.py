"""franz-go's own tests of its client (pkg/kgo), unchanged, against a fresh broker."""
import os
import re

from client_suites import TIERED, judge, run_program, suite

SUITE_SECONDS_MAX = 600
# Of each chain of groups and transactions. The suite's own figure is 500,000, for a cluster.
RECORDS = 20_000
PARALLEL = 4
PASSED_MIN = 140

LARGER_THAN_A_SEGMENT = "TestIssueFetchLargerThanBrokerMaxReadBytes"
NOT_HERE = {LARGER_THAN_A_SEGMENT: "sends a batch of 5 MiB, and no broker takes one that is larger than a segment; it has a run of its own"}


def run_kgo(tmp_path, broker, guarded, *arguments):
    """{test: outcome} and the end of what it said."""
    folder = suite("FRANZ_GO") / "pkg/kgo"
    log = tmp_path / "kgo.log"
    env = {**os.environ, "KGO_SEEDS": broker.kafka, "KGO_TEST_RF": "1", "KGO_TEST_RECORDS": str(RECORDS), "KGO_TEST_UNSAFE": "1",
           "KGO_LOG_LEVEL": "none", "KGO_TEST_SCRAM_SEEDS": guarded.kafka, "KGO_TEST_SCRAM": "alice:alice-secret"}
    code = run_program([str(folder / "kgo.test"), "-test.v", "-test.timeout", f"{SUITE_SECONDS_MAX - 30}s", "-test.parallel",
                        str(PARALLEL), *arguments], log, SUITE_SECONDS_MAX, cwd=folder, env=env)
    text = log.read_text(errors="replace")
    assert re.search(r"(?m)^(PASS|FAIL)$", text), f"the program ended in the middle ({code}):\n{text[-6000:]}"
    words = {"PASS": "passed", "FAIL": "failed", "SKIP": "skipped"}
    results = {name: words[word] for word, name in re.findall(r"(?m)^--- (PASS|FAIL|SKIP): (\S+) \(", text)}
    quiet = "\n".join(line for line in text.splitlines() if not re.match(r"=== |\s*--- (PASS|SKIP)", line))
    return results, quiet


def guarded_broker(brokers, tmp_path):
    users = tmp_path / "users"
    users.write_text("alice:alice-secret\n")
    return brokers("guarded", settings={"kafka.sasl.enabled.mechanisms": "SCRAM-SHA-256", "kafka.sasl.users.file": str(users)}).start()


def test_franz_go(brokers, tmp_path):
    suite("FRANZ_GO")
    broker = brokers(settings=TIERED).start()
    results, text = run_kgo(tmp_path, broker, guarded_broker(brokers, tmp_path))
    judge("franz-go", results, NOT_HERE, PASSED_MIN, text)


def test_franz_go_with_large_segments(brokers, tmp_path):
    suite("FRANZ_GO")
    broker = brokers().start()
    results, text = run_kgo(tmp_path, broker, broker, "-test.run", f"^{LARGER_THAN_A_SEGMENT}$")
    judge("franz-go, large segments", results, {}, 1, text)
