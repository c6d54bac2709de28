"""What the figures were measured on, without names of machines or folders."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb")


def describe_machine() -> str:
    """Return processor, cores, memory and versions in one line."""
    versions = ", ".join(f"{package} {version(package)}" for package in _PACKAGES)
    return (
        f"{_processor()}, {os.cpu_count()} cores, {_memory_gigabytes():.0f} GB of memory,"
        f" {platform.system()}, Python {platform.python_version()}, {versions}"
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _memory_gigabytes() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
