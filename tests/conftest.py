"""Fixtures that several test files share."""

import pytest
from demo import Demo, build_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo, built once for all tests."""
    return build_demo(tmp_path_factory.mktemp("demo"))
