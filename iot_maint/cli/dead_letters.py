"""`iot-maint dead-letters`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated
from unicodedata import category

import typer

from iot_maint.bootstrap.installation import open_installation
from iot_maint.bootstrap.readmission import readmit
from iot_maint.cli.console import say, say_json
from iot_maint.domain.errors import UnknownThing
from iot_maint.domain.instants import instant
from iot_maint.settings import Settings, load_settings
from iot_maint.storage.dead_letter_archive import DeadLetterArchive, FiledLetter, open_dead_letters
from iot_maint.storage.dead_letter_desk import open_letter_desk

# Control characters, and those that format or turn the text around.
_STEERING = frozenset({"Cc", "Cf", "Zl", "Zp"})
PREVIEW = 60  # characters of a payload in the list

Json = Annotated[bool, typer.Option("--json", help="One JSON document a line.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="无法解码或入库的消息 · Messages that could not be decoded or stored.", no_args_is_help=True
    )
    group.command("list")(list_letters)
    group.command("show")(show_letter)
    group.command("replay")(replay)
    group.command("discard")(discard)
    group.command("deliveries")(list_deliveries)
    app.add_typer(group, name="dead-letters")


def list_letters(
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most that many, the newest first.")] = 50,
    as_json: Json = False,
) -> None:
    """The newest dead letters of all workers."""
    settings = load_settings()
    with open_dead_letters(settings.data_dir) as archive:
        letters = archive.newest(limit)
    for filed in letters:
        if as_json:
            say_json(_document(filed, settings))
        else:
            letter = filed.letter
            preview = visible(letter.payload[:PREVIEW].decode("utf-8", "replace").replace("\n", " "))
            at = f"{_at(filed, settings):%Y-%m-%d %H:%M:%S%z}"
            say(f"{filed.reference}  {at}  {letter.reason}  {visible(letter.topic)}  {preview}")
    if not letters and not as_json:
        say("没有死信 · no dead letters")


def show_letter(
    reference: Annotated[str, typer.Argument(help="As `list` shows it, for example 1:42.")], as_json: Json = False
) -> None:
    """One dead letter, whole."""
    settings = load_settings()
    with open_dead_letters(settings.data_dir) as archive:
        filed = archive.find(reference)
    if as_json:
        say_json(_document(filed, settings))
        return
    letter = filed.letter
    say(f"{filed.reference}\n时间 received  {_at(filed, settings).isoformat()}\n主题 topic     {visible(letter.topic)}")
    say(f"原因 reason    {letter.reason}\n说明 detail    {visible(letter.detail)}")
    say(f"内容 payload   {len(letter.payload)} bytes")
    say(visible(letter.payload.decode("utf-8", "backslashreplace"), but="\n\t"))


def visible(text: str, but: str = "") -> str:
    """The text with all that would steer a terminal written out; whoever may publish chose these bytes."""
    return "".join(
        sign if sign in but or category(sign) not in _STEERING else sign.encode("unicode_escape").decode()
        for sign in text
    )


References = Annotated[list[str] | None, typer.Argument(help="As `list` shows them, for example 1:42.")]
Reason = Annotated[str | None, typer.Option(help="All letters of that reason.")]
Everything = Annotated[bool, typer.Option("--all", help="All letters.")]


def replay(references: References = None, reason: Reason = None, everything: Everything = False) -> None:
    """Decode letters again, after a decoder, a setting or the register was mended; what still fails stays."""
    settings = load_settings()
    with (
        open_dead_letters(settings.data_dir) as archive,
        open_letter_desk(settings.data_dir) as desk,
        open_installation(settings) as installation,
    ):
        outcome = readmit(installation, desk, _chosen(archive, references, reason, everything=everything))
    say(f"已重新入库 taken in {outcome.taken}")
    for why, amount in sorted(outcome.refused.items()):
        say(f"仍被拒绝 still refused {amount}: {why}")


def discard(references: References = None, reason: Reason = None, everything: Everything = False) -> None:
    """Forget letters for good."""
    settings = load_settings()
    with open_dead_letters(settings.data_dir) as archive, open_letter_desk(settings.data_dir) as desk:
        gone = desk.discard(_chosen(archive, references, reason, everything=everything))
    say(f"已丢弃 discarded {gone}")


def _chosen(
    archive: DeadLetterArchive, references: list[str] | None, reason: str | None, *, everything: bool
) -> Iterable[FiledLetter]:
    ways = sum((bool(references), reason is not None, everything))
    if ways != 1:
        raise typer.BadParameter("name letters (1:42 …), or --reason REASON, or --all; one of the three")
    if references:
        return [archive.find(one) for one in references]
    if reason is not None and reason not in (known := archive.reasons()):
        there = f"there are letters of {', '.join(known)}" if known else "there are no letters"
        raise UnknownThing(f"no dead letter of the reason {reason!r}; {there}")
    return archive.walk(reason)


def list_deliveries(
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most that many.")] = 50,
    as_json: Json = False,
) -> None:
    """Order events that could not be delivered and were given up."""
    settings = load_settings()
    with open_installation(settings) as installation, installation.database.reading() as repositories:
        given_up = repositories.outbox.dead(limit)
    for delivery in given_up:
        event = delivery.event
        at = event.at.astimezone(settings.zone).isoformat(timespec="seconds")
        if as_json:
            say_json(
                {
                    "id": event.id,
                    "channel": delivery.channel.value,
                    "event": event.event,
                    "order": event.order,
                    "at": at,
                    "attempts": delivery.attempts,
                    "error": delivery.last_error,
                }
            )
        else:
            tried = f"{delivery.channel.value} ×{delivery.attempts}"
            say(f"{event.order}  {event.event}  {at}  {tried}  {delivery.last_error}")
    if not given_up and not as_json:
        say("没有放弃的通知 · no event was given up")


def _at(filed: FiledLetter, settings: Settings) -> datetime:
    return instant(filed.letter.received_at_ms).astimezone(settings.zone)


def _document(filed: FiledLetter, settings: Settings) -> dict[str, str]:
    letter = filed.letter
    return {
        "reference": filed.reference,
        "received_at": _at(filed, settings).isoformat(),
        "topic": letter.topic,
        "reason": letter.reason,
        "detail": letter.detail,
        "payload": letter.payload.decode("utf-8", "backslashreplace"),
    }
