"""What the runs of clients' own test suites have in common: where they are, how brokers are set for them, and the verdict."""
import os
import pathlib
import signal
import subprocess

import pytest

# Tiering on and small segments, so that reads cross the seam.
TIERED = {
    "log.segment.bytes": 131072,
    "log.remote.storage.enable": "true",
    "log.local.retention.ms": 1000,
    "tier.local.pass.interval.ms": 200,
}
OUTPUT_CHARS_SHOWN = 8000


def suite(name):
    """The folder that `./dev` put the suite NAME into."""
    folder = os.environ.get(f"TAKHIN_SUITE_{name}")
    if not folder:
        pytest.skip(f"no suite {name}: run through ./dev e2e")
    return pathlib.Path(folder)


def run_program(command, log, timeout, **options):
    """Runs `command` to its end with all that it says in the file `log`; answers its exit code, or None when it had to be ended."""
    with open(log, "wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True, **options)
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def judge(label, results, not_here, passed_min, details="", awaited=None):
    """Asserts that the suite did what is known of it.

    results: {test: "passed", "failed" or "skipped"}. not_here: {part of a test's name: why it cannot pass here}. A failure that nobody
    knows of is an error, and so is a test of not_here that passes, or is not there: the list says no more than is so. awaited: the same
    for what is under way: may pass or fail."""
    awaited = awaited or {}
    counts = {kind: list(results.values()).count(kind) for kind in ("passed", "failed", "skipped")}
    known = {part: [name for name in results if part in name] for part in not_here}
    excused = {name for names in known.values() for name in names} | {name for name in results if any(part in name for part in awaited)}
    print(f"{label}: {counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    for part, why in not_here.items():
        print(f"{label}: not here: {part}: {why}")
    for part, why in awaited.items():
        print(f"{label}: awaited: {part}: {why}: {[results[name] for name in results if part in name]}")
    surprising = [name for name, outcome in results.items() if outcome == "failed" and name not in excused]
    cured = [part for part, names in known.items() if not any(results[name] == "failed" for name in names)]
    assert not surprising, f"{label}: failed: {surprising}\n{details[-OUTPUT_CHARS_SHOWN:]}"
    assert not cured, f"{label}: pass now, or are not there: take them out of the list: {cured}"
    assert counts["passed"] >= passed_min, f"{label}: {counts}, at least {passed_min} should pass\n{details[-OUTPUT_CHARS_SHOWN:]}"
