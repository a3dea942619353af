import pytest

from iot_maint.domain.errors import BrokenSetting
from iot_maint.ingest.broker_url import BrokerAddress, parse_broker_url


def test_the_port_follows_from_the_scheme() -> None:
    assert parse_broker_url("mqtt://broker") == BrokerAddress(host="broker", port=1883, tls=False)
    assert parse_broker_url("mqtts://broker/") == BrokerAddress(host="broker", port=8883, tls=True)


def test_user_password_and_port_are_read_and_the_password_is_never_shown() -> None:
    address = parse_broker_url("mqtt://site:p%40ss%2Fword@[::1]:2883")
    assert (address.host, address.port) == ("::1", 2883)
    assert (address.username, address.password) == ("site", "p@ss/word")
    assert str(address) == "mqtt://[::1]:2883"
    assert "word" not in repr(address)


@pytest.mark.parametrize(
    "url",
    [
        *("", "broker:1883", "http://broker", "mqtt://", "mqtt://:1883", "mqtt://broker:0", "mqtt://broker:port"),
        *("mqtt://broker:99999", "mqtt://broker/topic", "mqtt://broker?x=1", "mqtt://[::1", "mqtt://a..b", "embedded"),
    ],
)
def test_nonsense_names_the_setting_and_what_it_accepts(url: str) -> None:
    with pytest.raises(BrokenSetting, match=r"IOT_MAINT_MQTT_URL: .*expected mqtt://"):
        parse_broker_url(url)


def test_a_broken_url_does_not_show_its_password() -> None:
    with pytest.raises(BrokenSetting) as refused:
        parse_broker_url("mqtt://user:secret@broker:port")
    assert "secret" not in str(refused.value)
