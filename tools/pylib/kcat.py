"""kcat (librdkafka) with its default settings."""
import subprocess

from dataset import KEY_END, RECORD_END, from_pipe, to_pipe


def produce(address, topic, records, *options):
    subprocess.run(
        ["kcat", "-q", "-b", address, "-P", "-t", topic, "-p", "0", "-K", KEY_END.decode(), "-D", RECORD_END.decode(), *options],
        input=to_pipe(records), check=True, timeout=300)


def consume(address, topic, offset="beginning", *options, timeout=300):
    """Everything from `offset` to the end, as [(key, value)]."""
    out = subprocess.run(
        ["kcat", "-q", "-b", address, "-C", "-t", topic, "-p", "0", "-o", str(offset), "-e", "-f", "%k\x1f%s\x1e", *options],
        check=True, capture_output=True, timeout=timeout).stdout
    return from_pipe(out)
