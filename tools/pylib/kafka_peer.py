"""Apache Kafka beside us: one KRaft node from its jars, default settings, for benchmarks and golden answers."""
import os
import pathlib
import signal
import socket
import subprocess
import time

START_SECONDS_MAX = 60


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class KafkaPeer:
    def __init__(self, folder, heap="1g"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.heap = heap
        self.process = None
        port, controller = free_port(), free_port()
        self.kafka = f"127.0.0.1:{port}"
        self.properties = self.folder / "server.properties"
        self.properties.write_text(
            "process.roles=broker,controller\nnode.id=1\n"
            f"controller.quorum.bootstrap.servers=127.0.0.1:{controller}\n"
            f"listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n"
            f"advertised.listeners=PLAINTEXT://127.0.0.1:{port}\ncontroller.listener.names=CONTROLLER\n"
            "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT\n"
            f"log.dirs={self.folder}/logs\noffsets.topic.replication.factor=1\n"
            "transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n"
            "group.initial.rebalance.delay.ms=0\n")

    def _java(self, *arguments):
        jars = os.environ["TAKHIN_KAFKA_JARS"]
        return ["java", f"-Xmx{self.heap}", f"-Xms{self.heap}", "-XX:+UseG1GC", "-cp", jars + "/*", *arguments]

    def start(self):
        if not (self.folder / "logs").exists():
            subprocess.run(self._java("kafka.tools.StorageTool", "format", "-t", "4L6g3nShT-eMCtK--X86sw", "-c", str(self.properties),
                                      "--standalone"), check=True, capture_output=True)
        began = time.monotonic()
        self.log = open(self.folder / "kafka.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(self._java("kafka.Kafka", str(self.properties)), stdout=self.log, stderr=self.log)
        host, port = self.kafka.split(":")
        while True:
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() - began > START_SECONDS_MAX:
                    raise RuntimeError(f"Kafka did not start: {(self.folder / 'kafka.log').read_text()[-2000:]}") from None
                time.sleep(0.02)
        self.start_seconds = time.monotonic() - began
        return self

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
