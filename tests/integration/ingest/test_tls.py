"""TLS with a real Mosquitto: who is let in, who is not, and in which words a person hears of it."""

import logging
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from iot_maint.clock import ReplayClock
from iot_maint.domain.errors import StoreRefused, StoreUnavailable
from iot_maint.ingest.broker_url import BrokerAddress, parse_broker_url
from iot_maint.ingest.inbox import Inbox
from iot_maint.ingest.mqtt import Subscriber
from iot_maint.ingest.probe import probe_broker
from iot_maint.metering import PrometheusMeter
from iot_maint.tls import TlsFiles
from tests.builders import T0
from tests.ingest_worker import eventually
from tests.servers.certificates import Authority, Certificate
from tests.servers.mosquitto import MosquittoServer

TOPIC = "iot/v1/S1/P-01/telemetry"
Secure = Callable[..., None]


@pytest.fixture(autouse=True)
def _every_line_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test hears of its own failure, although the one before has heard of another within the minute."""
    monkeypatch.setattr(logging.getLogger("iot_maint.ingest.mqtt"), "filters", [])


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def secure(mosquitto: MosquittoServer, authority: Authority) -> Secure:
    """Start the broker with a certificate, and perhaps with more lines of configuration."""

    def start(broker: Certificate, *more: str) -> None:
        mosquitto.stop()
        lines = (f"cafile {authority.certificate}", f"certfile {broker.certificate}", f"keyfile {broker.key}", *more)
        mosquitto.extra_configuration = "\n".join(lines)
        mosquitto.start()

    return start


def address(
    broker: MosquittoServer, authority: Authority, shown: Certificate | None = None, *, user: str = ""
) -> BrokerAddress:
    """The broker as the settings would give it."""
    certificate, key = (None, None) if shown is None else (shown.certificate, shown.key)
    files = TlsFiles(prefix="IOT_MAINT_MQTT_TLS", authority=authority.certificate, certificate=certificate, key=key)
    return parse_broker_url(f"mqtts://{user}127.0.0.1:{broker.port}", files)


def connects(to: BrokerAddress) -> bool:
    """Whether both who connect do so: the doctor's look, and the service's session."""
    probe_broker(to, "doctor")
    with subscriber(to) as opened:
        eventually(lambda: opened.connected)
    return True


def subscriber(to: BrokerAddress) -> Subscriber:
    return Subscriber(address=to, client_id="service", inbox=Inbox(), clock=ReplayClock(T0), meter=PrometheusMeter())


def refusal(to: BrokerAddress, caplog: pytest.LogCaptureFixture, says: str) -> None:
    """Neither gets in; the doctor and the service's log say why."""
    with pytest.raises((StoreUnavailable, StoreRefused)) as refused:
        probe_broker(to, "doctor")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    with caplog.at_level(logging.WARNING), subscriber(to) as opened:
        eventually(lambda: says in caplog.text)
        assert not opened.connected
        assert opened.alive


def test_a_broker_of_an_own_authority_is_trusted(
    mosquitto: MosquittoServer, secure: Secure, authority: Authority
) -> None:
    secure(authority.sign("broker"))
    assert connects(address(mosquitto, authority))


def test_messages_come_and_are_acknowledged_over_tls(
    mosquitto: MosquittoServer, secure: Secure, authority: Authority
) -> None:
    secure(authority.sign("broker"))
    inbox = Inbox()
    to = address(mosquitto, authority)
    service = Subscriber(address=to, client_id="s", inbox=inbox, clock=ReplayClock(T0), meter=PrometheusMeter())
    with service:
        eventually(lambda: service.connected)
        publish_securely(mosquitto, authority)
        (message,) = inbox.collect(1, 20)
        assert [payload for _, payload, _, _ in message.packets] == [b"{}"]
        service.acknowledge([message])


def publish_securely(broker: MosquittoServer, authority: Authority, *more: str) -> None:
    to = ("-h", broker.host, "-p", str(broker.port), "--cafile", str(authority.certificate), *more)
    subprocess.run(["mosquitto_pub", *to, "-q", "1", "-t", TOPIC, "-m", "{}"], check=True, capture_output=True)


def test_a_broker_of_an_unknown_authority_is_refused(
    mosquitto: MosquittoServer, secure: Secure, authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    secure(authority.sign("broker"))
    stranger = Authority(tmp_path, "stranger")
    refusal(address(mosquitto, stranger), caplog, "name the certificate of its authority in IOT_MAINT_MQTT_TLS_CA")
    of_the_system = parse_broker_url(f"mqtts://127.0.0.1:{mosquitto.port}")
    refusal(of_the_system, caplog, "name the certificate of its authority in IOT_MAINT_MQTT_TLS_CA")


def test_a_broker_under_another_name_than_its_certificates_is_refused(
    mosquitto: MosquittoServer, secure: Secure, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    secure(authority.sign("elsewhere", host="DNS:broker.example"))
    refusal(address(mosquitto, authority), caplog, "the certificate that it shows is for another host")


def test_a_broker_whose_certificate_has_expired_is_refused(
    mosquitto: MosquittoServer, secure: Secure, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    secure(authority.sign("broker-of-last-year", days=-1))
    refusal(address(mosquitto, authority), caplog, "the certificate that it shows has expired")


def test_a_port_without_tls_is_called_that(
    mosquitto: MosquittoServer, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(StoreUnavailable, match="no broker answers at mqtts://"):
        probe_broker(address(mosquitto, authority), "doctor")
    with caplog.at_level(logging.WARNING), subscriber(address(mosquitto, authority)):
        eventually(lambda: "cannot be reached" in caplog.text)


def test_a_client_certificate_stands_for_name_and_password(
    mosquitto: MosquittoServer, secure: Secure, authority: Authority
) -> None:
    secure(authority.sign("broker"), "require_certificate true", "use_identity_as_username true")
    assert connects(address(mosquitto, authority, authority.sign("iot-maint")))


def test_without_the_client_certificate_that_is_asked_for_nobody_gets_in(
    mosquitto: MosquittoServer, secure: Secure, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    secure(authority.sign("broker"), "require_certificate true")
    refusal(address(mosquitto, authority), caplog, "IOT_MAINT_MQTT_TLS_CERT")


def test_a_client_certificate_of_an_unknown_authority_is_refused(
    mosquitto: MosquittoServer, secure: Secure, authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    secure(authority.sign("broker"), "require_certificate true")
    foreign = Authority(tmp_path, "stranger").sign("iot-maint")
    refusal(address(mosquitto, authority, foreign), caplog, "accept the certificate of IOT_MAINT_MQTT_TLS_CERT")


def test_an_expired_client_certificate_is_refused(
    mosquitto: MosquittoServer, secure: Secure, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    secure(authority.sign("broker"), "require_certificate true")
    refusal(
        address(mosquitto, authority, authority.sign("iot-maint-of-last-year", days=-1)),
        caplog,
        "accept the certificate of IOT_MAINT_MQTT_TLS_CERT",
    )


def test_certificate_name_and_password_may_be_asked_for_together(
    mosquitto: MosquittoServer, secure: Secure, authority: Authority, tmp_path: Path
) -> None:
    passwords = tmp_path / "passwords"
    passwords.touch(0o600)
    subprocess.run(["mosquitto_passwd", "-b", str(passwords), "site", "p@ss"], check=True, capture_output=True)
    secure(authority.sign("broker"), "require_certificate true", f"password_file {passwords}", "allow_anonymous false")
    shown = authority.sign("iot-maint")
    assert connects(address(mosquitto, authority, shown, user="site:p%40ss@"))
    with pytest.raises(StoreRefused, match="refuses the connection"):
        probe_broker(address(mosquitto, authority, shown, user="site:wrong@"), "doctor")
