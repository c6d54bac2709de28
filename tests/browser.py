"""Pages opened in a headless browser that has no network."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def open_page(page: Path, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Open a page; its console and what it could not load stand in stderr.

    ``folder`` is where the browser may write.
    """
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        pytest.skip(f"NOT LOOKED AT: no browser is installed (one of {', '.join(NAMES)})")
    with tempfile.TemporaryDirectory(dir=folder) as profile:
        done = subprocess.run(
            [
                executable,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--enable-logging=stderr",
                "--host-resolver-rules=MAP * ~NOTFOUND",
                f"--user-data-dir={profile}",
                *options,
                page.as_uri(),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    return done


def screenshot(page: Path, folder: Path, width: int, height: int) -> tuple[Path, str]:
    """Take a screenshot into a folder; gives the file and the lines of the console."""
    image = folder / f"{page.stem}_{width}.png"
    done = open_page(page, folder, f"--screenshot={image}", f"--window-size={width},{height}")
    console = "\n".join(line for line in done.stderr.splitlines() if ":CONSOLE" in line)
    return image, console
