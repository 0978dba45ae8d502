"""What the kernel knows about a running program, and waiting for it to become true."""

import os
import time

TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20


def resident(process) -> int:
    """Bytes of memory the process has in RAM."""
    with open(f"/proc/{process.pid}/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS"))


def descriptors(process) -> int:
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def cpu_seconds(process) -> float:
    """User and system time of the process so far."""
    with open(f"/proc/{process.pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def until(condition, seconds: float = 10, what: str = "it"):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen in {seconds} s"
        time.sleep(0.01)


def cpu_share(process, seconds: float) -> float:
    """The share of one core the process takes over an interval in which nothing is asked of it."""
    before, began = cpu_seconds(process), time.monotonic()
    until(lambda: time.monotonic() - began >= seconds, seconds + 5)
    return (cpu_seconds(process) - before) / (time.monotonic() - began)
