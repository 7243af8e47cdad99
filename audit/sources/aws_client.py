"""Asks AWS one thing at a time: what came back with its evidence, that there is none, or why it was not told."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import urlencode
from xml.etree.ElementTree import ParseError

import msgspec

from audit.canonical import sha256, written
from audit.exchange import Exchange, NoTape, Tape
from audit.kinds.aws import spelt
from audit.model import Answer, Gap, Kind, Plane, Resource
from audit.sources.aws_questions import Question

ATTEMPTS = 4
"""How often a request is sent before it counts as unanswered; botocore waits between attempts, 20 s at the longest."""
_CONNECT, _ANSWER = 10.0, 30.0
"""Seconds to wait for a connection, and for an answer."""
_MOST_PAGES = 1000
"""A listing with more pages than this does not end."""
_DENIED = ("AccessDenied", "AccessDeniedException", "AllAccessDisabled", "UnauthorizedAccess", "403")
"""The codes of a refused permission; a bare status stands for one where the answer has no code."""
_NO_CODE = "an error without a code"
_META = "ResponseMetadata"
"""What botocore adds to an answer: its headers, how often it was asked for."""
_OK = 200


class Session(Protocol):
    """What is used of a `boto3.Session`."""

    def client(self, service_name: str, **options: Any) -> Any:
        """Make the client of one service."""


class Told(msgspec.Struct, frozen=True):
    """What one question brought: a body, or None where the service says that there is none, and the evidence."""

    body: Mapping[str, Any] | None
    answer: Answer


class Refused(Exception):
    """A question that brought no usable answer: the reason in one line, and the service's code for it."""

    def __init__(self, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.code = code


class Seen:
    """What was told of one account so far, and what was not."""

    def __init__(self, *, partition: str, account: str, now: datetime) -> None:
        """Begin with nothing seen of `account`."""
        self.resources: list[Resource] = []
        self.gaps: list[Gap] = []
        self.partition = partition
        self.account = account
        self._now = now

    def arn(self, service: str, region: str, rest: str) -> str:
        """Spell an ARN of the account."""
        return f"arn:{self.partition}:{service}:{region}:{self.account}:{rest}"

    def add(self, kind: Kind, identity: str, name: str, body: Mapping[str, Any], *answers: Answer) -> None:
        """Note something that was told."""
        found = Resource(
            type=kind.arm, id=identity, name=name, plane=Plane.LIVE, seen_at=self._now, body=body, answers=answers
        )
        self.resources.append(found)

    def hide(self, error: Refused, *kinds: Kind) -> None:
        """Note that something was not told, and what kinds it hides."""
        self.gaps.append(Gap(str(error), tuple(kind.arm for kind in kinds)))


def demand(question: Question, told: Told, member: str, shape: type = dict) -> Any:
    """Return a member without which an answer is none; raises `Refused` where it is missing or of another shape."""
    found = (told.body or {}).get(member)
    if not isinstance(found, shape):
        raise Refused(f"{question.words} brought an answer without {member}")
    return found


class Client:
    """One session's clients, a service and region each, made when they are first asked."""

    def __init__(
        self,
        session: Session,
        *,
        region: str,
        now: datetime,
        endpoint: str | None = None,
        attempts: int = ATTEMPTS,
        tape: Tape | None = None,
        real: Callable[[str], str] = str,
    ) -> None:
        """Ask by `session` and by way of `tape`, in `region` where a question names no other.

        `endpoint` stands for all of AWS; `real` spells a parameter as AWS knows it, where what the tape gives back
        calls things by other names.
        """
        self.region = region
        self.answers: list[Answer] = []
        """Every usable answer so far, those that say that there is nothing too."""
        self._session = session
        self._now = now
        self._endpoint = endpoint
        self._attempts = attempts
        self._tape = tape or NoTape()
        self._real = real
        self._made: dict[tuple[str, str], Any] = {}

    def ask(
        self,
        question: Question,
        *,
        region: str = "",
        about: Mapping[str, str],
        page: tuple[int, str] = (1, ""),
        **parameters: Any,
    ) -> Told:
        """Ask once, which is repeated a few times where the service is busy or fails.

        `about` is what the evidence and a refusal say was asked; `parameters` go to the service. `page` is which one
        of a listing it is, and the member that leads on. Raises `Refused` where no usable answer came.
        """
        asked = f"{question.words}?{urlencode(about, safe=':/')}" if about else question.words
        region = region or self.region
        sent = written({**parameters, "region": region}).decode()
        told = self._tape.played("aws", asked, sent)
        if told is None:
            reply = self._reply(question, region, parameters)
            number, member = page
            last = not (member and f'"{member}":' in reply.content.decode())
            told = self._tape.kept(msgspec.structs.replace(reply, asked=asked, sent=sent, page=number, last=last))
        if told.status == 0:
            raise Refused(f"{asked} brought no usable answer: {told.trouble}")
        if told.trouble:
            if told.trouble not in question.absent:
                raise Refused(_refusal(question, asked, told.trouble), told.trouble)
            return Told(None, self._evidence(asked, told))
        try:
            body = msgspec.json.decode(told.content, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise Refused(f"{asked} brought no usable answer: it is no object") from error
        return Told(body, self._evidence(asked, told))

    def _reply(self, question: Question, region: str, parameters: Mapping[str, Any]) -> Exchange:
        """Ask AWS; a refusal and silence are said as well."""
        # Heavy, and needed for live work only.
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        real = {key: self._real(value) if isinstance(value, str) else value for key, value in parameters.items()}
        try:
            call = getattr(self._of(question.service, region), xform_name(question.operation))
            found = call(**real)
        except ClientError as error:
            return _exchange(error.response, self._now, refused=True)
        # An answer that breaks off ends in one of the last three: not all of it passes through botocore's own parser.
        except (BotoCoreError, ResponseParserError, ParseError, ValueError) as error:
            trouble = " ".join(str(error).split())
            return Exchange(cloud="aws", asked="", at=self._now, status=0, trouble=trouble)
        return _exchange(found, self._now)

    def pages(
        self, question: Question, *, token: tuple[str, str], region: str = "", **parameters: Any
    ) -> Iterator[Told]:
        """Ask page by page: `token` names the answer's member that leads on, and the parameter that takes it.

        Raises `Refused` as `ask` does, and where the listing does not end.
        """
        member, parameter = token
        seen: set[str] = set()
        while True:
            told = self.ask(question, region=region, about={}, page=(len(seen) + 1, member), **parameters)
            yield told
            following = (told.body or {}).get(member)
            if not following:
                return
            if following in seen or len(seen) >= _MOST_PAGES:
                raise Refused(f"{question.words} does not end: a page leads back to one before it")
            seen.add(following)
            parameters[parameter] = following

    def _of(self, service: str, region: str) -> Any:
        """Return the client of a service in a region."""
        key = (service, region)
        if key not in self._made:
            found = self._session.client(
                service, region_name=region, endpoint_url=self._endpoint, config=_config(self._endpoint, self._attempts)
            )
            if service == "s3control":
                found.meta.events.register("before-sign.s3-control", _keep_address)
            self._made[key] = found
        return self._made[key]

    def _evidence(self, url: str, told: Exchange) -> Answer:
        """Note what was answered, when by the service's own clock, and the digest of it."""
        answer = Answer(
            url=url,
            at=_dated(told.headers.get("date"), told.at),
            request_id=told.headers.get("x-amz-request-id", ""),
            digest=sha256(told.content),
        )
        self.answers.append(answer)
        return answer


def _exchange(response: Mapping[str, Any], now: datetime, *, refused: bool = False) -> Exchange:
    """Make an exchange of what botocore gave: the answer in one spelling, or nothing but the code of a refusal."""
    meta = response.get("ResponseMetadata", {})
    headers = meta.get("HTTPHeaders", {})
    evidence = {
        "date": headers.get("date"),
        "x-amz-request-id": meta.get("RequestId") or headers.get("x-amz-request-id"),
    }
    code = str(response.get("Error", {}).get("Code") or _NO_CODE) if refused else ""
    # The service's own message is left out: it may name people.
    body = {"Error": {"Code": code}} if refused else {key: response[key] for key in response if key != _META}
    return Exchange(
        cloud="aws",
        asked="",
        at=now,
        status=int(meta.get("HTTPStatusCode") or _OK),
        headers={name: str(value) for name, value in evidence.items() if value},
        trouble=code,
        content=json.dumps(body, sort_keys=True, separators=(",", ":"), default=_plain).encode(),
    )


def _refusal(question: Question, asked: str, code: str) -> str:
    """Say what a service refused, and what would let the auditor see it."""
    if code in _DENIED and question.action:
        return f"{asked} was refused ({code}). Grant {question.action} to the auditor."
    return f"{asked} was answered by {code}"


def _config(endpoint: str | None, attempts: int) -> Any:
    """Bound every wait; a throttled client slows itself down.

    An endpoint that stands for all of AWS has no name below it for each bucket.
    """
    from botocore.config import Config  # heavy, and needed for live work only

    return Config(
        connect_timeout=_CONNECT,
        read_timeout=_ANSWER,
        retries={"mode": "adaptive", "total_max_attempts": attempts},
        s3={"addressing_style": "path" if endpoint else "auto"},
    )


def _keep_address(request: Any, **_: Any) -> None:
    """Take the account off the front of a host that is an address of numbers: no name can stand before it.

    The endpoint rules of S3's control plane put the account's number before every host.
    """
    request.url = re.sub(r"//\d{12}\.(?=\d+(\.\d+){3}[:/])", "//", request.url, count=1)


def _dated(header: Any, otherwise: datetime) -> datetime:
    """Read a `Date` header; `otherwise` where there is none that can be read."""
    try:
        return parsedate_to_datetime(header) if isinstance(header, str) else otherwise
    except ValueError:
        return otherwise


def _plain(value: Any) -> str:
    """Spell what JSON cannot hold: times as bodies do, anything else (a stream) by its type alone."""
    return str(spelt(value)) if isinstance(value, datetime) else type(value).__name__
