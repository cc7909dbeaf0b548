"""The one table that `./dev bench` prints, and the sizes of what it measures."""
import os

# Set on the command line: ./dev bench MIB=64 RECORDS=100000
MIB = int(os.environ.get("MIB", 1024))               # of log in a segment that is archived and read back
RECORDS = int(os.environ.get("RECORDS", 500_000))    # of 1 KiB, produced and fetched
ROUNDS = int(os.environ.get("ROUNDS", 1_000))        # single records whose way is timed
PARTS = os.environ.get("PARTS", "micro,store,broker").split(",")


def section(title):
    print(f"\n## {title}\n\n| what | value | unit | compared with | what it proves |\n|---|---:|---|---|---|")


def show(what, value, unit, reference, proves):
    print(f"| {what} | {value:,.0f} |" if value >= 1000 else f"| {what} | {value:.3g} |", unit, "|", reference, "|", proves, "|", flush=True)
