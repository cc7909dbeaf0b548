"""Real records: Debian's package index, one record per package, keyed by its name."""
import hashlib
import subprocess

RECORDS_MAX = 60_000
# Bytes that no package index holds: they part keys from values and records from each other on kcat's pipes.
KEY_END = b"\x1f"
RECORD_END = b"\x1e"


def debian_packages(limit=RECORDS_MAX):
    """[(key, value)] from the machine's own package lists."""
    text = subprocess.run(["apt-cache", "dumpavail"], check=True, capture_output=True).stdout
    records = []
    for stanza in text.split(b"\n\n"):
        if stanza.startswith(b"Package: "):
            records.append((stanza.split(b"\n", 1)[0][len(b"Package: "):], stanza))
            if len(records) == limit:
                break
    return records


def digest(records):
    """SHA-256 over every key and value, in order."""
    sha = hashlib.sha256()
    for key, value in records:
        sha.update(len(key).to_bytes(4, "big") + key + len(value).to_bytes(4, "big") + value)
    return sha.hexdigest()


def to_pipe(records):
    return RECORD_END.join(key + KEY_END + value for key, value in records)


def from_pipe(data):
    rows = data.split(RECORD_END)
    return [tuple(row.split(KEY_END, 1)) for row in rows if row]
