"""What the project needs of Great Expectations beyond its public names is there."""

from __future__ import annotations

import os
import socket

import pytest
from great_expectations.execution_engine import sqlalchemy_execution_engine
from raw_cases import write_raw

from python_udfs.validation import great_expectations_runner as runner
from python_udfs.validation import validate_raw


def test_the_private_list_of_dialects_is_where_it_was():
    assert isinstance(
        getattr(sqlalchemy_execution_engine, "_PERSISTED_CONNECTION_DIALECTS", None), tuple
    ), "Great Expectations moved it: see keep_connections_open in great_expectations_runner.py"


def test_a_moved_list_of_dialects_is_a_clear_error(monkeypatch):
    monkeypatch.delattr(sqlalchemy_execution_engine, "_PERSISTED_CONNECTION_DIALECTS")
    with pytest.raises(RuntimeError, match="install the version that pyproject"):
        runner.keep_connections_open()


def test_duckdb_is_listed_once_however_often_it_is_asked_for():
    runner.keep_connections_open()
    runner.keep_connections_open()
    kept = sqlalchemy_execution_engine._PERSISTED_CONNECTION_DIALECTS
    assert kept.count("duckdb") == 1


def test_a_validation_opens_no_network_connection(tmp_path, monkeypatch):
    def refuse(*arguments: object) -> None:
        raise AssertionError(f"a network connection to {arguments[1:]}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert validate_raw(write_raw(tmp_path / "raw"), tmp_path / "docs").success
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
