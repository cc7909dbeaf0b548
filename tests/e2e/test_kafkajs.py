"""kafkajs, which brings no tests of its own that do without a cluster in containers: what programs do with it, on both tiers."""
import pathlib

import pytest
from client_suites import TIERED, run_program, suite

PROGRAM = pathlib.Path(__file__).parent / "kafkajs/scenarios.js"
SCENARIO_SECONDS_MAX = 240
SCENARIOS = ("records_and_compression", "groups_share_and_carry_on", "batches_seek_pause_and_commit", "admin_topics_and_configs",
             "admin_offsets_records_and_groups", "idempotence_and_transactions")


def run(scenario, broker, tmp_path):
    log = tmp_path / "kafkajs.log"
    code = run_program(["node", str(PROGRAM), str(suite("KAFKAJS")), broker.kafka, scenario], log, SCENARIO_SECONDS_MAX)
    assert code == 0, (code, log.read_text()[-6000:], broker.log_tail())


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_kafkajs(scenario, brokers, tmp_path):
    run(scenario, brokers(settings=TIERED).start(), tmp_path)


def test_kafkajs_with_passwords(brokers, tmp_path):
    users = tmp_path / "users"
    users.write_text("alice:alice-secret\n")
    run("passwords", brokers(settings={"kafka.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
                                       "kafka.sasl.users.file": str(users)}).start(), tmp_path)
