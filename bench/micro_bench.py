"""The Google Benchmark programs: what one operation costs. Each program checks that it did what it claims."""
import json
import subprocess

REPETITIONS = 5  # the least counts: whatever else runs on the machine only adds

# Benchmark: what it is, the published figure it is held against (same unit; docs/PERFORMANCE.md), what it proves.
ROWS = {
    "BM_CatalogueLookup/1000/1": ("catalogue lookup, 1,000 partitions of 1 segment", 15.92, "distinct keys, random order; a handle, no name"),
    "BM_CatalogueLookup/10/100": ("catalogue lookup, 10 partitions of 100", 15.92, "the same"),
    "BM_CatalogueLookup/1/1000": ("catalogue lookup, 1 partition of 1,000", 15.92, "the same"),
    "BM_CatalogueLookup/1000/1000": ("catalogue lookup, 1,000 partitions of 1,000", 100, "1,000,000 distinct keys: memory is what it waits for"),
    "BM_CatalogueLookup/1/1000000": ("catalogue lookup, 1 partition of 1,000,000", 100, "the same"),
    "BM_CatalogueLookupShared/real_time/threads:2": ("the same of 1,000 by 2 threads, of one partition", 131.6, "readers wait for nobody"),
    "BM_CatalogueLoad/1000000/iterations:3": ("catalogue open, 1,000,000 segments", 3000, "a restart knows them all"),
    "BM_CatalogueAdd/iterations:2000": ("catalogue add", None, "one durable entry among 100,000"),
    "BM_PolicyDecision": ("policy decision", 1.544, "random ages and access rates"),
    "BM_AccessRecord/1000/real_time": ("access record, 1,000 segments", 50, "and 0 allocations"),
    "BM_AccessRecord/100000/real_time": ("access record, 100,000 segments", 50, "in an order caches do not like"),
    "BM_AccessRecord/1000/real_time/threads:4": ("access record by 4 threads", 131.6, "concurrent readers"),
    "BM_TrackedSegments/1000000/iterations:1": ("1,000,000 segments recorded for the first time", None, "memory of the access book: 120 bytes at most"),
    "BM_Sweep/100/1000/iterations:3": ("policy sweep, 100,000 segments", 10_000, "each decided by age and access"),
    "BM_Sweep/1000/1000/iterations:3": ("policy sweep, 1,000,000 segments", 1000, "the same"),
    "BM_Stats/1000": ("stats over 1,000 segments", 191, "counters are kept, not recomputed"),
    "BM_AtHand": ("cold read of bytes at hand", None, "catalogue, tail, pin, batch headers; no byte is copied"),
    "BM_WriteSegment/1/1/real_time": ("segment written, JSON, zstd 1", None, "read, checked, cut, compressed; the bytes go nowhere"),
    "BM_WriteSegment/0/1/real_time": ("segment written, incompressible", None, "the same"),
    "BM_WriteSealed/1/iterations:5": ("segment written and encrypted, JSON, zstd 1", None, "the same and AES-256-GCM"),
    "BM_OpenChunk/1/1": ("chunk of 1 MiB opened, encrypted, zstd 1", None, "decrypted, checked, decompressed"),
    "BM_WrapAndUnwrapKey": ("data key wrapped and unwrapped", None, "once per object"),
    "BM_AccessQuestion/1000": ("right asked for, 1,000 ACLs", None, "by name and by 16 lengths of prefixes; each answer is yes"),
    "BM_AccessQuestion/50000": ("right asked for, 50,000 ACLs", None, "the same"),
    "BM_AccessFirstQuestion/1000": ("first right of a request, 1,000 ACLs", None, "with who and from where"),
    "BM_Append/1/100/0": ("append, 1 record of 100 B", None, "checked, given offsets, written"),
    "BM_Append/16/1000/0": ("append, 16 records of 1,000 B", None, "the same"),
    "BM_ReadTail": ("read at the tail of a log", None, "where the slice lies; the file is not touched"),
    "BM_ReadRandom": ("read at random offsets of a log", None, "index search and a look at some headers"),
    "BM_Open10000Segments/1/iterations:5": ("log open, 10,000 segments, after a stop", None, "recovery by what the stop left"),
    "BM_Open10000Segments/0/iterations:5": ("log open, 10,000 segments, after a kill", None, "the tail is checked"),
}


def rows(folder):
    least = {}
    for program in sorted(folder.glob("*_bench")):
        wanted = "^(" + "|".join(ROWS) + ")$"
        out = subprocess.run(
            ["nice", str(program), "--benchmark_format=json", "--benchmark_min_time=0.1", f"--benchmark_repetitions={REPETITIONS}",
             f"--benchmark_filter={wanted}"], check=True, capture_output=True)
        for run in json.loads(out.stdout)["benchmarks"]:
            if run["run_type"] != "iteration":
                continue
            if run.get("error_occurred"):
                raise RuntimeError(f"{run['name']}: {run['error_message']}")
            name = run["run_name"]
            if name not in least or time_of(run) < time_of(least[name]):
                least[name] = run
    for name, (what, reference, proves) in ROWS.items():
        run = least[name]
        value, unit = time_of(run), run["time_unit"]
        compared = "" if reference is None else f"{reference:,} {unit}: {value / reference:.2f} x"
        if "bytes_per_segment" in run:
            proves += f"; {run['bytes_per_segment']:.0f} bytes a segment"
        if "bytes_per_second" in run:
            proves += f"; {run['bytes_per_second'] / 1e6:,.0f} MB/s"
        if "label" in run:
            proves += f"; {run['label']}"
        yield what, value, unit, compared, proves


def time_of(run):
    """CPU time where one thread works, for then waiting its turn is not its doing."""
    return run["real_time"] if "/threads:" in run["name"] else run["cpu_time"]
