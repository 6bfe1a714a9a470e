"""Uploads again and again, and notes after each upload how much memory the process holds."""

import gc


def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))


def probe(s):
    size, times = (1024, 24) if s.mode == "control" else (22 * 1024 * 1024, 24)
    notes = []
    for _ in range(times):
        s.client.files.create(file=("big.txt", b"x" * size), purpose="assistants")
        gc.collect()
        notes.append(round(resident(), 1))
    s.tell(resident_mib=notes)
