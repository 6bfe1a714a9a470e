"""The coverage-guided search: `python tests/fuzz/guided.py TARGET SECONDS`, by way of `make fuzz`.

It begins with the corpus, mutates it, and ends at the first input that breaks a promise, which it leaves in the corpus
of its target: mend the cause, and keep the input as a regression test.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))


def main(name: str, seconds: str) -> None:
    """Search for so many seconds."""
    try:
        import atheris
    except ImportError:
        sys.exit("the coverage-guided search needs atheris, which make fuzz installs; it exists for Linux and macOS")
    with atheris.instrument_imports(include=["conformance"]):
        from tests.fuzz.targets import TARGETS
        from tests.recordings.samples import SAMPLES
    if name not in TARGETS:
        sys.exit(f"there is no target {name!r}; choose one of {', '.join(TARGETS)}")
    kept = HERE / "corpus" / name
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch, name)
        shutil.copytree(kept, work)
        for number, (_, content) in enumerate(SAMPLES.values() if name == "recordings" else ()):
            Path(work, f"sample {number}").write_bytes(content)
        options = [f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=2048", "-seed=1", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={kept}{os.sep}", str(work)], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
