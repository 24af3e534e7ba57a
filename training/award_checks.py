"""What anybody may know of a certificate by the token of its QR code, without a login (leap 12)."""

import hmac
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from marketplace.core.units import local_day
from training.models import CertificateCopy, TrainingCertificate

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_LETTER = re.compile(r"[^\W\d_]")
HIDDEN = "***"  #: of any word, whatever its length


class CopyState(StrEnum):
    VALID = "valid"
    REVOKED = "revoked"
    REPLACED = "replaced"  #: by a later copy of the same number


@dataclass(frozen=True)
class Face:
    """What one copy says to the public."""

    copy: CertificateCopy
    number: str
    masked: str  #: the holder's name
    state: CopyState
    issued_on: date
    since: date  #: the day it was issued, revoked or replaced
    newest: int  #: version in force


@dataclass(frozen=True)
class Check:
    """A copy, and whether it is the one asked for; if not, nobody may see it."""

    face: Face | None
    found: bool


def check_token(db: Session, token: str) -> Check:
    """Look a token up: one statement that reads one copy, whether or not the token is known.

    An unknown token reads the latest copy there is, so that its answer takes the same work as a known one.
    """
    asked = token if _TOKEN.fullmatch(token) else ""
    known = select(CertificateCopy.id).where(CertificateCopy.token == asked).scalar_subquery()
    latest = select(func.max(CertificateCopy.id)).scalar_subquery()
    newest = aliased(CertificateCopy)
    row = db.exec(
        select(CertificateCopy, TrainingCertificate, newest)
        .join(TrainingCertificate, col(TrainingCertificate.id) == CertificateCopy.certificate_id)
        .join(newest, col(newest.certificate_id) == TrainingCertificate.id)
        .where(CertificateCopy.id == func.coalesce(known, latest))
        .order_by(col(newest.version).desc())
        .limit(1)
    ).first()
    if row is None:
        return Check(None, found=False)
    copy, award, last = row
    return Check(_face(copy, award, last), found=hmac.compare_digest(copy.token, asked))


def _face(copy: CertificateCopy, award: TrainingCertificate, newest: CertificateCopy) -> Face:
    state, since = CopyState.VALID, copy.issued_at
    if award.revoked_at is not None:
        state, since = CopyState.REVOKED, award.revoked_at
    elif newest.version > copy.version:
        state, since = CopyState.REPLACED, newest.issued_at
    issued_on = local_day(copy.issued_at)
    return Face(
        copy, award.number, masked_name(copy.name), state, issued_on, local_day(since), newest.version
    )


def masked_name(name: str) -> str:
    """H*** T*** Vén: family and middle names keep their first letter, the given name (the last) stays.

    How long a hidden word is does not show. A name of one word keeps its first letter alone.
    """
    *before, given = name.split() or [""]
    if not before:
        return _hidden(given)
    return " ".join([*map(_hidden, before), given])


def _hidden(word: str) -> str:
    letter = _LETTER.search(word)
    return (letter.group() if letter else "") + HIDDEN
