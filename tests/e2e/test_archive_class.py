"""Segments that lie in an archive class of the store: asked for by the first reader, read when they are back."""
import http.client
import http.server
import threading
from urllib.parse import urlparse

import kcat
import topics
from dataset import debian_packages, digest
from takhin_process import wait_until
from test_recovery import FAST, archive_everything, sets, takhin

TOPIC = "packages"


class Glacier:
    """In front of an S3 server: once frozen, segment objects answer as they do in GLACIER until they were asked for."""

    def __init__(self, target_url):
        target = urlparse(target_url)
        self.frozen = False
        self.asked = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, headers, body):
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                        self.send_header(name, value)
                length = dict((n.lower(), v) for n, v in headers).get("content-length") if self.command == "HEAD" else None
                self.send_header("Content-Length", length or str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def forward(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                path = self.path.split("?")[0]
                is_segment = outer.frozen and path.endswith(".seg")
                if is_segment and self.command == "POST" and self.path.endswith("?restore="):
                    outer.asked.append((path, body))
                    return self.answer(202, [], b"")
                back = path in {asked for asked, _ in outer.asked}
                if is_segment and self.command == "GET" and not back:
                    return self.answer(403, [], b"<Error><Code>InvalidObjectState</Code><Message>frozen</Message></Error>")
                there = http.client.HTTPConnection(target.hostname, target.port, timeout=60)
                there.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    there.putheader(name, value)
                there.endheaders(body)
                reply = there.getresponse()
                headers = reply.getheaders()
                if is_segment and self.command == "HEAD":
                    headers.append(("x-amz-storage-class", "GLACIER"))
                    if back:
                        headers.append(("x-amz-restore", 'ongoing-request="false", expiry-date="Fri, 21 Dec 2040 00:00:00 GMT"'))
                self.answer(reply.status, headers, reply.read())
                there.close()

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = forward

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = "127.0.0.1:%d" % self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()


def test_frozen_segments_are_asked_for_and_read_when_they_are_back(brokers, minio):
    glacier = Glacier(minio["storage.tiered.s3.endpoint"])
    store = {**minio, "storage.tiered.s3.endpoint": f"http://{glacier.address}"}
    broker = brokers(settings={**FAST, **store, "tier.thaw.days": 2, "tier.thaw.tier": "Bulk"}).start()
    records = debian_packages(5_000)
    topics.create(broker.kafka, TOPIC, 1, {**topics.TIERED, "segment.bytes": "524288"})
    kcat.produce(broker.kafka, TOPIC, records, "-X", "batch.size=65536")  # no batch may be larger than a segment
    archive_everything(broker, TOPIC)
    glacier.frozen = True

    url = f"s3://{minio['storage.tiered.s3.bucket']}/{minio['storage.tiered.s3.prefix']}"
    scrub = takhin("tier", "scrub", "--store", url, *sets(store))
    assert scrub.returncode == 0 and "frozen" in scrub.stdout, scrub.stdout + scrub.stderr
    assert glacier.asked == [], "a scrub asks for nothing"

    # The consumer waits through the retriable errors; the first look at what was asked for comes after a minute.
    assert digest(kcat.consume(broker.kafka, TOPIC, "beginning", "-X", "fetch.error.backoff.ms=500", timeout=400)) == digest(records)
    assert glacier.asked and all(b"<Days>2</Days>" in body and b"<Tier>Bulk</Tier>" in body for _, body in glacier.asked)
    assert len({asked for asked, _ in glacier.asked}) == len(glacier.asked), "each once"
    seen = broker.metrics()
    assert seen["tiered_storage_thaws_done_total"] == len(glacier.asked) and seen["tiered_storage_frozen_reads_total"] > 0
    wait_until(lambda: broker.metrics()["tiered_storage_frozen_objects"] == 0, 10, "nobody waits any more")
    glacier.close()
