"""Which schedulers a machine may be trusted to, by the URL alone."""

from pathlib import Path

import pytest

from iot_maint.domain.errors import BrokenSetting
from iot_maint.fan_out import parse_cluster
from iot_maint.tls import TlsFiles
from tests.servers.certificates import Authority

NO_FILES = TlsFiles(prefix="IOT_MAINT_DASK_TLS")


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("tcp://127.0.0.1:8786", "tcp://127.0.0.1:8786"),
        ("tcp://127.0.0.1", "tcp://127.0.0.1:8786"),
        ("tcp://localhost:9000", "tcp://localhost:9000"),
        ("tcp://[::1]:8786", "tcp://[::1]:8786"),
        ("TCP://127.0.0.2:1/", "tcp://127.0.0.2:1"),
    ],
)
def test_this_machine_needs_no_tls(url: str, address: str) -> None:
    assert parse_cluster(url, NO_FILES).address == address


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "dask.example", "192.168.1.9", "localhost.evil.example", "127.0.0.1.nip.io"]
)
def test_another_machine_in_the_clear_is_refused_with_the_reason(host: str) -> None:
    with pytest.raises(BrokenSetting, match=r"Dask runs whatever its peers send.*use tls://"):
        parse_cluster(f"tcp://{host}:8786", NO_FILES)


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:8786", "http://127.0.0.1:8786", "tcp://", "tcp://127.0.0.1:port", "tcp://u@127.0.0.1", "tcp:"],
)
def test_what_is_no_scheduler_is_refused_with_what_is_accepted(url: str) -> None:
    with pytest.raises(BrokenSetting, match=r"^IOT_MAINT_DASK: .*; accepted: tcp://127\.0\.0\.1:8786 or tls://host"):
        parse_cluster(url, NO_FILES)


def test_tls_needs_all_three_files() -> None:
    with pytest.raises(BrokenSetting, match=r"needs IOT_MAINT_DASK_TLS_CA, IOT_MAINT_DASK_TLS_CERT and"):
        parse_cluster("tls://dask.example:8786", NO_FILES)


def test_files_without_tls_would_be_without_effect(tmp_path: Path) -> None:
    files = TlsFiles(prefix="IOT_MAINT_DASK_TLS", authority=tmp_path / "a.pem")

    with pytest.raises(BrokenSetting, match="IOT_MAINT_DASK_TLS_CA would be without effect"):
        parse_cluster("tcp://127.0.0.1:8786", files)


def test_a_file_that_cannot_be_used_is_told_of_at_the_start(tmp_path: Path) -> None:
    own = Authority(tmp_path).sign("own")
    files = TlsFiles(
        prefix="IOT_MAINT_DASK_TLS", authority=tmp_path / "nowhere.pem", certificate=own.certificate, key=own.key
    )

    with pytest.raises(BrokenSetting, match=r"IOT_MAINT_DASK_TLS_CA: cannot read .*nowhere\.pem"):
        parse_cluster("tls://dask.example", files)
