"""`takhin store check` over real stores."""
import subprocess

import pytest
from s3_servers import servers
from takhin_process import binary

# Answers of "no" that we know, and live with (docs/stores.md).
DEVIATIONS = {
    "minio": {"unfinished uploads"},
    "minio_tls": {"unfinished uploads"},
    "versitygw": set(),
    "versitygw_tls": set(),
    "moto": {"crc32c of a put", "their age"},
    "directory": set(),
}


def check(url, settings=None, env=None):
    """Exit code, {capability: answer}, everything printed. Never asks a metadata service that this machine may have."""
    arguments = [binary(), "store", "check", url]
    for key, value in (settings or {}).items():
        arguments += ["--set", f"{key}={value}"]
    env = {"AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent", **(env or {})}
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120, env=env)
    rows = {}
    for line in done.stdout.splitlines()[1:-1]:
        if not line.startswith(" "):
            rows[line[:22].strip()] = line[23:31].strip()
    return done.returncode, rows, done.stdout + done.stderr


def expect_known_answers(name, code, rows, text):
    assert code == 0, text
    assert "takhin can work with this store" in text
    assert rows["cleaned up"] == "yes", text
    assert {capability for capability, answer in rows.items() if answer == "no"} == DEVIATIONS[name], text
    assert len(rows) >= 19, text


@pytest.mark.parametrize("name", sorted(set(DEVIATIONS) - {"directory"}))
def test_known_servers(name):
    if name not in servers():
        pytest.skip(f"no {name}: run through ./dev e2e")
    settings = servers()[name].settings()
    bucket = settings.pop("storage.tiered.s3.bucket")
    expect_known_answers(name, *check(f"s3://{bucket}/check/e2e", settings))


def test_a_directory(tmp_path):
    expect_known_answers("directory", *check(f"file://{tmp_path}"))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_store_that_cannot_be_used_is_one_line_without_secrets():
    settings = {"storage.tiered.s3.endpoint": "http://127.0.0.1:1", "storage.tiered.s3.connect.timeout.ms": "100"}
    keys = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s3cr3t", "AWS_SESSION_TOKEN": "t0k3n"}
    for env, word in ((keys, "the first put"), ({}, "AWS_ACCESS_KEY_ID is not set")):
        code, rows, text = check("s3://b", settings, env)
        assert code == 1 and not rows, text
        assert word in text and len(text.splitlines()) == 1
        assert "s3cr3t" not in text and "t0k3n" not in text


def test_wrong_keys_are_told_without_the_secret():
    if not servers():
        pytest.skip("no S3 server: run through ./dev e2e")
    server = next(server for name, server in servers().items() if name != "moto")  # which takes any
    settings = server.settings()
    bucket = settings.pop("storage.tiered.s3.bucket")
    settings["storage.tiered.s3.secret.key"] = "wr0ng-s3cr3t"
    code, rows, text = check(f"s3://{bucket}", settings)
    assert code == 1 and not rows, text
    assert "SignatureDoesNotMatch" in text and "wr0ng-s3cr3t" not in text, text


def test_wrong_urls_are_wrong_usage():
    for url in ("bucket", "http://127.0.0.1/bucket", "s3://", "file://relative"):
        code, _, text = check(url)
        assert code == 2 and url in text, text
