"""./dev bench [kafka]: performance as ratios against a peer or a physical limit in the same run. Each row says what it proves."""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools/pylib"))
sys.path.insert(0, str(HERE))

import broker_bench
import micro_bench
import tier_bench

BUILD = HERE.parent / "build/bench/bench"


def section(title):
    print(f"\n## {title}\n")


def table(rows):
    """rows: (what, figure, proves)"""
    print("| what | figure | what it proves |\n|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)


def main():
    with tempfile.TemporaryDirectory(prefix="takhin-bench-") as work:
        work = pathlib.Path(work)
        section("Nanoseconds")
        table(micro_bench.rows(BUILD))
        section("Tier")
        table(tier_bench.rows(work))
        section("Broker")
        table(broker_bench.rows(work, with_kafka="kafka" in sys.argv[1:]))


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"bench: {error}")
