"""kafka-python's own integration tests, unchanged, against a fresh broker."""
import os
import pathlib
import re
import sys
import tarfile
import xml.etree.ElementTree

from client_suites import TIERED, judge, run_program
from slow_proxy import SlowProxy

SUITES = pathlib.Path(sys.prefix) / "suites"
# kafka-python 3.0.12 loses a subscription that it is given while its first metadata request is under way, and waits for the next
# refresh, minutes later. A broker that answers in half a millisecond meets that moment; one behind a network does not.
NETWORK_SECONDS = 0.01
SUITE_SECONDS_MAX = 900
TEST_SECONDS_MAX = 120
PASSED_MIN = 50

NOT_HERE = {"TestSSLConnection": "starts an Apache Kafka of its own"}


def unpack_kafka_python(into):
    """The sdist leaves out two files of its own test package and expects the scripts of an Apache Kafka beside it."""
    (archive,) = SUITES.glob("kafka_python-*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(into, filter="data")
    (root,) = into.glob("kafka_python-*")
    (root / "test/__init__.py").touch()
    (root / "test/service.py").write_text(
        "class ExternalService:\n"
        "    def __init__(self, host, port): pass\n"
        "    def open(self): pass\n"
        "    def close(self): pass\n"
        "class SpawnedService: pass\n")
    (root / "no-kafka").mkdir()
    return root


def outcomes(report):
    """Test: passed, failed or skipped."""
    out = {}
    for case in xml.etree.ElementTree.parse(report).getroot().iter("testcase"):
        kinds = {child.tag for child in case} & {"failure", "error", "skipped"}
        name = f"{case.get('classname')}::{case.get('name')}"
        out[name] = "skipped" if kinds == {"skipped"} else "failed" if kinds else "passed"
    return out


def run_pytest(root, env):
    report, log = root / "report.xml", root / "report.log"
    code = run_program([sys.executable, "-m", "pytest", "-q", "--tb=short", "--show-capture=no", f"--timeout={TEST_SECONDS_MAX}",
                        "--timeout-method=signal", f"--junitxml={report}", "test/integration"], log, SUITE_SECONDS_MAX, cwd=root, env=env)
    text = log.read_text(errors="replace")
    assert report.exists(), f"the program ended in the middle ({code}):\n{text[-6000:]}"
    return outcomes(report), re.sub(r"(?m)^.*DEBUG.*\n", "", text)


def test_kafka_python(brokers, tmp_path):
    proxy = SlowProxy(NETWORK_SECONDS)
    # As the suite sets its own Apache Kafka up.
    broker = brokers(settings={**TIERED, "kafka.broker.id": 0, "kafka.num.partitions": 4, "kafka.advertised.port": proxy.port,
                               "kafka.group.min.session.timeout.ms": 100, "kafka.authorizer.enabled": "true",
                               "kafka.super.users": "User:ANONYMOUS"}).start()
    host, port = broker.kafka.rsplit(":", 1)
    proxy.target = (host, int(port))
    root = unpack_kafka_python(tmp_path)
    env = {**os.environ, "KAFKA_URI": f"kafka://{host}:{proxy.port}", "KAFKA_VERSION": "4.3", "KAFKA_ROOT": str(root / "no-kafka"),
           "PYTHONPATH": str(root)}
    results, text = run_pytest(root, env)
    proxy.close()
    judge("kafka-python", results, NOT_HERE, PASSED_MIN, text)
