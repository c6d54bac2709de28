"""A command run apart, with what it cost."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock and of the processors, and the most memory in use at once."""

    wall_seconds: float
    cpu_seconds: float
    peak_gigabytes: float


def run_measured(
    command: Sequence[str], output: Path, environment: Mapping[str, str], folder: Path
) -> Cost:
    """Run a command to its end and measure it.

    The caller should be small itself: the kernel counts the memory of the process that starts a
    command as the least that the command has used.

    Parameters
    ----------
    command
        The program and its arguments.
    output
        File for what the command prints.
    environment
        Variables that are added to those of this process.
    folder
        Where the command runs.

    Returns
    -------
    Cost
        What the command and the processes that it waited for have used.

    Raises
    ------
    RuntimeError
        When the command fails; with the end of what it has printed.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    with output.open("w") as stream:
        process = subprocess.Popen(
            command,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            cwd=folder,
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        end = "\n".join(output.read_text().splitlines()[-30:])
        raise RuntimeError(f"{' '.join(command)} failed ({process.returncode}):\n{end}")
    return Cost(
        wall_seconds=time.perf_counter() - started,
        cpu_seconds=used.ru_utime + used.ru_stime,
        peak_gigabytes=used.ru_maxrss / 2**20,
    )
