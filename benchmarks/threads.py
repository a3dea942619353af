"""CPU by thread, from Linux's /proc."""

from pathlib import Path


def cpu_ns_of_threads(pid: int) -> dict[int, int]:
    """Nanoseconds of CPU by the thread's native id; a thread that ends meanwhile is left out."""
    used = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            used[int(task.name)] = parse_schedstat((task / "schedstat").read_text("ascii"))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return used


def parse_schedstat(text: str) -> int:
    """The first number: time on a processor."""
    return int(text.split(maxsplit=1)[0])
