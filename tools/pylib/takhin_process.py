"""A takhin broker as a child process: start, ask, stop. Used by the demo, the e2e tests and the benchmarks."""
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
READY = re.compile(r"^takhin ready kafka=(\S+) console=(\S+) metrics=(\S+) health=(\S+)$")
START_SECONDS_MAX = 30


def binary():
    return os.environ.get("TAKHIN_BIN", str(ROOT / "build/release/takhin"))


class Takhin:
    """One broker over one data directory. Ports are picked by the system; a restart may pick others."""

    def __init__(self, data, settings=None, env=None, log=None):
        self.data = pathlib.Path(data)
        self.settings = {"kafka.port": 0, "console.port": 0, "metrics.port": 0, "health.port": 0, **(settings or {})}
        self.env = {**os.environ, **(env or {})}
        self.log_path = pathlib.Path(log or str(self.data) + ".log")
        self.process = None
        self.start_seconds = None

    def start(self):
        arguments = [binary(), "run", "--data", str(self.data)]
        for key, value in self.settings.items():
            arguments += ["--set", f"{key}={value}"]
        began = time.monotonic()
        self.process = subprocess.Popen(arguments, stderr=subprocess.PIPE, env=self.env, text=True)
        ready = threading.Event()
        self._reader = threading.Thread(target=self._read_log, args=(self.process, ready), daemon=True)
        self._reader.start()
        while not ready.wait(0.005):
            if self.process.poll() is not None:
                self._reader.join(2)
                raise RuntimeError(f"takhin ended with {self.process.returncode}: {self.log_tail()}")
            if time.monotonic() - began > START_SECONDS_MAX:
                raise RuntimeError(f"takhin is not ready after {START_SECONDS_MAX} s: {self.log_tail()}")
        self.start_seconds = time.monotonic() - began
        return self

    def _read_log(self, process, ready):
        with open(self.log_path, "a", encoding="utf-8") as log:
            for line in process.stderr:
                log.write(line)
                log.flush()
                match = READY.match(line.rstrip("\n"))
                if match:
                    self.kafka, self.console, self.metrics_address, self.health = match.groups()
                    ready.set()

    def log_tail(self, lines=20):
        return "\n".join(self.log_path.read_text().splitlines()[-lines:]) if self.log_path.exists() else ""

    def stop(self):
        """SIGTERM; answers the seconds it took."""
        began = time.monotonic()
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise
        self._reader.join(5)
        return time.monotonic() - began

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._reader.join(5)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # ---- console
    def http(self, method, path, body=None, address=None, headers=None):
        """(status, text)"""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{address or self.console}{path}", data=data, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=120) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def get(self, path):
        status, text = self.http("GET", path)
        assert status == 200, (path, status, text)
        return json.loads(text)

    def post(self, path, body=None):
        status, text = self.http("POST", path, body if body is not None else b"")
        assert status == 200, (path, status, text)
        return json.loads(text)

    def metrics(self):
        """{name{labels}: value}"""
        status, text = self.http("GET", "/metrics", address=self.metrics_address)
        assert status == 200, status
        rows = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in rows}

    def evaluate(self):
        return self.post("/api/v1/tiers/evaluate")

    # ---- the data directory and the process
    def log_files(self, topic, partition=0):
        return sorted((self.data / "log" / f"{topic}-{partition}").glob("*.log"))

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)

    def resident_bytes(self):
        return resident_bytes(self.process.pid)


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no VmRSS")


def wait_until(check, seconds, what):
    """Polls until check() is true; fails with `what` when the time is up."""
    end = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def segment_url(path):
    return "/api/v1/tiered/segments/" + urllib.parse.quote(path, safe="")
