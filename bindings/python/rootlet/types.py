"""What the answers are made of. Everything here is a plain value and outlives what it was asked of."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from os import PathLike
from pathlib import PurePosixPath
from typing import Literal, Optional, Protocol, Sequence, Tuple, TypedDict, Union


class FileType(enum.IntEnum):
    """The numbers of ``enum rootlet_type``."""

    FILE = 1
    DIRECTORY = 2
    SYMLINK = 3
    HARD_LINK = 4  #: only in a plan: the same file as an earlier entry


@dataclass(frozen=True)
class Reason:
    """Why a file is there: one for each file or name that asks for it."""

    kind: str  #: "needed", "interpreter", "rule", ...: the words of the JSON
    by: str  #: the path that asks for it; "": the caller
    detail: str  #: the name that was asked for, the rule, the string
    how: Optional[str] = None  #: the way in which a library was found: "cache", "runpath", ...


@dataclass(frozen=True)
class File:
    """A file of a closure."""

    path: PurePosixPath
    type: FileType
    size: int
    mode: int
    target: Optional[str]  #: of a link
    package: Optional[str]  #: "libc6 2.36-9"
    generated: bool  #: made by rootlet, not copied
    reasons: Tuple[Reason, ...]


@dataclass(frozen=True)
class Attempt:
    """A candidate that was tried for what is missing."""

    path: str
    how: str
    why: str  #: why it was not taken


@dataclass(frozen=True)
class Missing:
    """What is required and not there."""

    name: str
    by: str
    kind: str
    tried: Tuple[Attempt, ...]  #: in the order of the search


@dataclass(frozen=True)
class Finding:
    """What should be known and does not make the answer incomplete."""

    kind: str
    by: str
    detail: str


@dataclass(frozen=True)
class Step:
    """One step of a chain: ``path`` is needed for ``reason``."""

    path: PurePosixPath
    reason: Reason


@dataclass(frozen=True)
class Why:
    """Why a path is in a closure, or why it is not. ``str()`` of it is the text of ``rootlet why``."""

    present: bool
    path: PurePosixPath  #: canonical, where the one asked for leads through links
    chains: Tuple[Tuple[Step, ...], ...]  #: from an entry to the path, the shortest first
    more: bool  #: there are more chains than the limit
    notes: Tuple[str, ...]  #: for people: what was looked for and not taken
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Entry:
    """What a plan will write under one path."""

    path: PurePosixPath
    type: FileType
    mode: int
    uid: int
    gid: int
    modified: int  #: seconds since 1970
    size: int
    target: Optional[str]  #: of both kinds of links


@dataclass(frozen=True)
class Progress:
    """How far a call has come. While resolving only ``files_done`` and ``path`` are known; all others are 0."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    path: str  #: the file at work, or ""


@dataclass(frozen=True)
class Rules:
    """Rules from memory, in TOML; ``name`` is for messages about them."""

    name: str
    text: str


class PlanOptions(TypedDict, total=False):
    """The options that say how a layer is written; see :class:`Options`."""

    times: Literal["package", "epoch", "root"]
    epoch: int
    keep_setid: bool


class Options(PlanOptions, total=False):
    """The keyword arguments of :func:`rootlet.resolve` and others: the options of the command, with ``_`` for ``-``.

    A mapping of them can be kept and passed on:

    >>> import rootlet
    >>> options: rootlet.Options = {"data": "none", "record_attempts": True}
    >>> rootlet.resolve("/usr/bin/xz", **options).complete
    True
    """

    library_path: str
    preload: str
    cpu: str
    data: Literal["none", "auto", "package"]
    locale: Sequence[str]
    charset: Sequence[str]
    timezone: Sequence[str]
    rules: Sequence[Union[str, PathLike[str], Rules]]
    include: Sequence[str]
    exclude: Sequence[str]
    path: str
    record_attempts: bool


class BinaryWriter(Protocol):
    """A file open for bytes."""

    def write(self, data: bytes, /) -> object: ...
