"""Apache Kafka's own console tools, run from its jars."""
import os
import subprocess


def command(main, *arguments):
    jars = os.environ["TAKHIN_KAFKA_JARS"]
    return ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", jars + "/*", main, *arguments]


def start(main, *arguments, log):
    """A program that goes on until it is stopped. `log`: a path, for all that it says."""
    with open(log, "ab") as out:
        return subprocess.Popen(command(main, *arguments), stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)


def run(main, *arguments, data=None, timeout=300):
    done = subprocess.run(command(main, *arguments), input=data, capture_output=True, timeout=timeout)
    assert done.returncode == 0, (main, done.returncode, done.stderr.decode()[-2000:], done.stdout.decode()[-500:])
    return done.stdout


def console_consumer(address, topic, count, *options):
    """`count` records from the beginning, as raw lines "key<US>value<RS>"."""
    return run(
        "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", address, "--topic", topic, "--from-beginning",
        "--max-messages", str(count), "--timeout-ms", "60000", "--property", "print.key=true", "--property", "key.separator=\x1f",
        "--property", "line.separator=\x1e", *options, timeout=240)


def console_producer(address, topic, lines, *options):
    run("org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server", address, "--topic", topic, *options,
        data="\n".join(lines).encode() + b"\n")
