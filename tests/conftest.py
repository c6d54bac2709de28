"""Fixtures that several test files share, and how the tests are spread over processes."""

from pathlib import Path
from typing import Any

import harness
import pytest
from demo import Demo, build_demo
from xdist.scheduler import LoadFileScheduling


@pytest.fixture(scope="session", autouse=True)
def _parsed_projects(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> None:
    """Keep what dbt parses where all processes of this test run find it."""
    folder = tmp_path_factory.getbasetemp()
    harness.parsed_projects = (folder if worker_id == "master" else folder.parent) / "parsed"
    harness.parsed_projects.mkdir(exist_ok=True)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo, built once for all tests."""
    return build_demo(tmp_path_factory.mktemp("demo"))


def is_on_demo(file: Path) -> bool:
    """Whether the tests of a file look at the demo."""
    return "from demo import Demo" in file.read_text(encoding="utf-8")


def is_of_many_builds(file: Path) -> bool:
    """Whether the tests of a file build one delivery after the other."""
    return "from increments import" in file.read_text(encoding="utf-8")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest pieces, so that several processes end at the same time."""
    paths = {item.path for item in items}
    order = {path: (not is_on_demo(path), not is_of_many_builds(path)) for path in paths}
    items.sort(key=lambda item: order[item.path])


class DemoInOneProcess(LoadFileScheduling):
    """Keeps files whole, and those on the demo in one process, so that it is built once."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "demo" if is_on_demo(self.config.rootpath / file) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> DemoInOneProcess | None:
    """Take the scheduler above for ``--dist loadfile``."""
    return DemoInOneProcess(config, log) if config.getvalue("dist") == "loadfile" else None
