from pathlib import Path

import pytest

from iot_maint.domain.errors import BrokenSetting
from iot_maint.storage.telemetry.urls import InfluxAddress, SqliteAddress, parse_telemetry_url


def test_an_influxdb_url_names_server_token_organisation_and_bucket() -> None:
    address = parse_telemetry_url("influxdb://:abc-_XYZ==@influx.local:8087/site/telemetry")

    assert isinstance(address, InfluxAddress)
    assert (address.base_url, address.token) == ("http://influx.local:8087", "abc-_XYZ==")
    assert (address.org, address.bucket) == ("site", "telemetry")


def test_influxdbs_is_tls_and_the_port_has_a_default() -> None:
    address = parse_telemetry_url("influxdbs://:t@influx.local/site/telemetry")

    assert isinstance(address, InfluxAddress)
    assert address.base_url == "https://influx.local:8086"


def test_awkward_names_are_percent_encoded() -> None:
    address = parse_telemetry_url("influxdb://:a%2Fb%40c@h/%E7%89%A9%E4%B8%9A%20A/db%2Frp")

    assert isinstance(address, InfluxAddress)
    assert (address.token, address.org, address.bucket) == ("a/b@c", "物业 A", "db/rp")


def test_an_ipv6_host_keeps_its_brackets() -> None:
    address = parse_telemetry_url("influxdb://:t@[::1]:8086/o/b")

    assert isinstance(address, InfluxAddress)
    assert address.base_url == "http://[::1]:8086"


def test_a_sqlite_path_is_relative_after_three_slashes_and_absolute_after_four() -> None:
    assert parse_telemetry_url("sqlite:///data/telemetry.db") == SqliteAddress(path=Path("data/telemetry.db"))
    assert parse_telemetry_url("sqlite:////var/lib/数据 1.db") == SqliteAddress(path=Path("/var/lib/数据 1.db"))


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("", "scheme"),
        ("http://h:8086", "scheme"),
        ("postgresql://u:SECRET@h/db", "scheme"),
        ("influxdb://h:8086/o/b", "token is missing"),
        ("influxdb://:@h:8086/o/b", "token is missing"),
        ("influxdb://admin:SECRET@h:8086/o/b", "nothing stands before"),
        ("influxdb://:SECRET@/o/b", "host is missing"),
        ("influxdb://:SECRET@h:port/o/b", "%2F"),
        ("influxdb://:SEC/RET@h:8086/o/b", "%2F"),
        ("influxdb://:SECRET@h:8086/o", "organisation and bucket"),
        ("influxdb://:SECRET@h:8086/o/b/c", "organisation and bucket"),
        ("influxdb://:SECRET@h:8086/o/b?org=x", "%3F"),
        ("sqlite://", "sqlite:///"),
        ("sqlite:///", "sqlite:///"),
        ("sqlite://host/file.db", "sqlite:///"),
        ("sqlite:///:memory:", "must rest in a file"),
    ],
)
def test_a_broken_url_says_what_is_wrong_and_keeps_the_secret(url: str, complaint: str) -> None:
    with pytest.raises(BrokenSetting, match="IOT_MAINT_TELEMETRY_URL") as error:
        parse_telemetry_url(url)
    assert complaint in str(error.value)
    assert "SEC" not in str(error.value)
