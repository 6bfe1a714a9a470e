"""The offline replay beside a bare replay of the same cassettes, as ratios of whole processes in one run.

The bare replay sends every recorded request through httpx under vcrpy and reads the answer, packed cassettes included:
what reading cassettes and HTTP cost anyway. The rest of `run` is scenarios, judging and the report.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 5

BARE = """
import gzip, sys, httpx, vcr
from pathlib import Path
from vcr.persisters.filesystem import FilesystemPersister
from vcr.serialize import deserialize
class Persister(FilesystemPersister):
    @classmethod
    def load_cassette(cls, path, serializer):
        data = Path(path).read_bytes()
        return deserialize((gzip.decompress(data) if path.endswith(".gz") else data).decode(), serializer)
recorder = vcr.VCR(record_mode="none", match_on=["method", "path", "query", "body"])
recorder.register_persister(Persister)
count = 0
for path in sorted(Path(sys.argv[1]).glob("*/*.yaml*")):
    with recorder.use_cassette(str(path)) as cassette, httpx.Client(verify=False) as client:
        for request in list(cassette.requests):
            sent = httpx.Request(request.method, request.uri, headers=request.headers, content=request.body)
            client.send(sent).read()
            count += 1
print(count)
"""

EMPTY = "pass"


def seconds(words: list[str], folder: str) -> float:
    """How long a whole process takes, start-up included."""
    begun = time.perf_counter()
    subprocess.run(words, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - begun


def main() -> None:
    """Measure in turn, so that a drifting machine hurts all alike, and print medians and ratios."""
    cassettes = str(Path(__file__).resolve().parents[1] / "cassettes" / "reference")
    commands = {
        "run (offline replay)": [sys.executable, "-c", "from conformance.cli import main; main()", "run"],
        "bare replay": [sys.executable, "-c", BARE, cassettes],
        "python start-up": [sys.executable, "-c", EMPTY],
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as folder:
        for words in commands.values():
            seconds(words, folder)
        for _ in range(ROUNDS):
            for name, words in commands.items():
                taken[name].append(seconds(words, folder))
    bare = statistics.median(taken["bare replay"])
    for name, values in taken.items():
        median = statistics.median(values)
        spread = f"min {min(values):5.2f}   max {max(values):5.2f}"
        print(f"{name:22} median {median:5.2f} s   {spread}   ratio {median / bare:5.2f}")


if __name__ == "__main__":
    main()
