"""The files that secure a connection: whatever is wrong with one is told with its setting and its name."""

import ssl
from pathlib import Path

import pytest

from iot_maint.domain.errors import BrokenSetting
from iot_maint.ingest.broker_url import parse_broker_url
from iot_maint.storage.telemetry.urls import parse_telemetry_url
from iot_maint.tls import TlsFiles, explain_failure, explain_reason, tls_context
from tests.servers.certificates import Authority, Certificate, lock_key

PREFIX = "IOT_MAINT_MQTT_TLS"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def pump(authority: Authority) -> Certificate:
    return authority.sign("P-01")


def files(authority: Path | None = None, certificate: Path | None = None, key: Path | None = None) -> TlsFiles:
    return TlsFiles(prefix=PREFIX, authority=authority, certificate=certificate, key=key)


def refusal(given: TlsFiles) -> str:
    with pytest.raises(BrokenSetting) as refused:
        tls_context(given)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_an_own_authority_stands_instead_of_the_systems(authority: Authority) -> None:
    (only,) = tls_context(files(authority.certificate)).get_ca_certs()
    assert "authority" in str(only["subject"])


def test_whatever_is_given_host_and_certificate_are_verified(authority: Authority, pump: Certificate) -> None:
    for given in (files(), files(authority.certificate), files(authority.certificate, pump.certificate, pump.key)):
        context = tls_context(given)
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname


def test_a_file_that_is_not_there_is_named_with_its_setting(tmp_path: Path, pump: Certificate) -> None:
    nowhere = tmp_path / "nowhere.pem"
    assert refusal(files(nowhere)) == f"{PREFIX}_CA: cannot read {nowhere}: No such file or directory"
    assert refusal(files(None, nowhere, pump.key)).startswith(f"{PREFIX}_CERT: cannot read {nowhere}: ")
    assert refusal(files(None, pump.certificate, nowhere)).startswith(f"{PREFIX}_KEY: cannot read {nowhere}: ")
    assert refusal(files(tmp_path)).startswith(f"{PREFIX}_CA: cannot read {tmp_path}: ")


def test_a_file_that_holds_something_else_is_named(tmp_path: Path, pump: Certificate) -> None:
    (nonsense := tmp_path / "nonsense.pem").write_bytes(b"\xff\0 nothing of the kind")
    assert refusal(files(nonsense)) == f"{PREFIX}_CA: {nonsense} holds no certificate of an authority in PEM form"
    assert refusal(files(None, nonsense, pump.key)) == f"{PREFIX}_CERT: {nonsense} holds no certificate in PEM form"
    assert (
        refusal(files(None, pump.certificate, nonsense)) == f"{PREFIX}_KEY: {nonsense} holds no private key in PEM form"
    )


def test_a_certificate_and_its_key_go_together(authority: Authority, pump: Certificate) -> None:
    other = authority.sign("P-02")
    assert refusal(files(None, pump.certificate)) == f"{PREFIX}_CERT and {PREFIX}_KEY go together; set both or neither"
    assert refusal(files(None, None, pump.key)) == f"{PREFIX}_CERT and {PREFIX}_KEY go together; set both or neither"
    assert "is not the key of the certificate" in refusal(files(None, pump.certificate, other.key))


def test_a_key_behind_a_password_is_refused_and_nobody_is_asked_for_it(tmp_path: Path, pump: Certificate) -> None:
    locked = lock_key(pump.key, tmp_path / "locked.key")
    assert "is locked by a password" in refusal(files(None, pump.certificate, locked))


def test_files_beside_a_url_without_tls_are_refused_before_anything_goes_out_in_the_clear(authority: Authority) -> None:
    given = files(authority.certificate)
    with pytest.raises(BrokenSetting, match=r"IOT_MAINT_MQTT_TLS_CA would be without effect.*mqtts://"):
        parse_broker_url("mqtt://broker", given)
    for url in ("influxdb://:t@h/o/b", "sqlite:///t.db"):
        with pytest.raises(BrokenSetting, match="IOT_MAINT_MQTT_TLS_CA would be without effect"):
            parse_telemetry_url(url, given)


def test_files_are_looked_at_when_the_url_is_read(tmp_path: Path) -> None:
    nowhere = files(tmp_path / "nowhere.pem")
    with pytest.raises(BrokenSetting, match="cannot read"):
        parse_broker_url("mqtts://broker", nowhere)
    with pytest.raises(BrokenSetting, match="cannot read"):
        parse_telemetry_url("influxdbs://:t@h/o/b", nowhere)


def test_what_is_no_failure_of_tls_is_not_explained_as_one() -> None:
    assert explain_failure(ConnectionRefusedError("refused"), PREFIX) is None
    assert explain_failure(None, PREFIX) is None
    assert explain_reason("SOMETHING_NEW", PREFIX) is None
