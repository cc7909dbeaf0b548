"""The S3 servers that tests/servers/with_s3.sh started: TAKHIN_TEST_S3 = NAME=http://KEY:SECRET@HOST:PORT/BUCKET,..."""
import os
from urllib.parse import unquote, urlparse


class S3Server:
    def __init__(self, url):
        parts = urlparse(url)
        self.endpoint = f"{parts.scheme}://{parts.hostname}:{parts.port}"
        self.bucket = parts.path.strip("/")
        self.key, self.secret = unquote(parts.username), unquote(parts.password)

    def settings(self):
        ca = {"storage.tiered.s3.ca.file": os.environ["TAKHIN_TEST_S3_CA"]} if self.endpoint.startswith("https") else {}
        return {**ca, "storage.tiered.enabled": "true", "storage.tiered.s3.endpoint": self.endpoint,
                "storage.tiered.s3.bucket": self.bucket, "storage.tiered.s3.access.key": self.key,
                "storage.tiered.s3.secret.key": self.secret}


def servers():
    """{name: S3Server}; empty outside of with_s3.sh."""
    rows = (row.split("=", 1) for row in os.environ.get("TAKHIN_TEST_S3", "").split(",") if row)
    return {name: S3Server(url) for name, url in rows}
