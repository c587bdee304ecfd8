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
    """How far a call has come. While resolving only ``files_done`` and ``path`` are known; all others are 0. While auditing
    ``files_done`` and ``files_total`` count programs."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    path: str  #: the file at work, or ""


@dataclass(frozen=True)
class Layer:
    """A layer of an image that was written."""

    digest: str
    diff_id: str  #: the digest of its content, uncompressed
    size: int  #: as it is stored


@dataclass(frozen=True)
class Image:
    """An image that was written."""

    digest: Optional[str]  #: of its manifest; a docker archive has none
    config: str  #: the digest of its configuration, which is its ID
    layers: Tuple[Layer, ...]  #: the lowest first, those of the base included


@dataclass(frozen=True)
class FileChange:
    """A path that differs between two layers."""

    path: PurePosixPath
    change: Literal["added", "removed", "changed"]
    what: Tuple[str, ...]  #: of a changed one: "content", "mode 0755, now 0700", ...
    size_before: Optional[int]  #: of a file that was there
    size_after: Optional[int]
    package: Optional[str]
    reasons: Tuple[Reason, ...]  #: where a manifest gives them


@dataclass(frozen=True)
class PackageChange:
    """A package that differs between two layers, of one name and architecture."""

    name: str
    architecture: str
    change: Literal["added", "removed", "changed"]
    version_before: Optional[str]
    version_after: Optional[str]
    size_before: Optional[int]  #: of its files there
    size_after: Optional[int]


@dataclass(frozen=True)
class Diff:
    """What differs between two layers."""

    files: Tuple[FileChange, ...]  #: by path
    packages: Tuple[PackageChange, ...]

    @property
    def same(self) -> bool:
        """Whether nothing does."""
        return not self.files and not self.packages


@dataclass(frozen=True)
class AuditRule:
    """What an audit may find."""

    name: str
    summary: str
    help: str  #: what to do about it


@dataclass(frozen=True)
class AuditFinding:
    """What is amiss with a file, and what comes of it. What there is nothing to say of is ""."""

    rule: str  #: "undefined-symbol", "missing-version", ...: a name of :func:`rootlet.audit_rules`
    effect: Literal["stops-start", "fails-on-call", "fails-to-open", "note"]
    object: PurePosixPath  #: the file concerned
    subject: str  #: what is amiss with it: "foo@V_2", "libz.so.1"
    symbol: str
    version: str  #: that is wanted
    wanted_of: str  #: the soname that the version is wanted of
    nearest: str  #: who nearly provides it
    program: PurePosixPath  #: the first that it concerns
    programs: int  #: how many it concerns
    message: str  #: all of it in one sentence
    key: str  #: as a line of a baseline names it
    accepted: bool  #: by a baseline


@dataclass(frozen=True)
class AuditObject:
    """An ELF file that was looked at, and how it is protected, in the words of checksec."""

    path: PurePosixPath
    program: bool  #: started as one; else loaded by some
    references: int  #: symbols that others must define
    relro: Literal["none", "partial", "full"]
    pie: Literal["no", "yes", "dso"]
    nx: bool  #: no executable stack
    canary: bool
    fortify: bool
    text_relocations: bool
    rpath: bool
    runpath: bool
    ibt: bool  #: x86's indirect branch tracking
    shstk: bool  #: and shadow stack
    bti: bool  #: Arm's branch target identification
    pac: bool  #: and pointer authentication
    isa_needed: Optional[str]  #: "x86-64-v2", where it is marked
    kernel: Optional[str]  #: "3.2.0", where it is marked


@dataclass(frozen=True)
class UnreachedFile:
    """A file of a root that nothing reaches."""

    path: PurePosixPath
    size: int
    package: Optional[str]


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
    user: str  #: who images run as, and whom the layer's passwd knows: "nonroot", "app:app", "65532"
    package_metadata: bool
    licenses: bool


class CompressionOptions(TypedDict, total=False):
    """How a tar or the layers of an image are compressed; see :class:`Options`."""

    compression: Literal["auto", "none", "gzip", "zstd"]
    level: int
    threads: int


class ImageOptions(CompressionOptions, total=False):
    """What an image says of itself, and how it is layered; see :class:`Options`."""

    platform: str
    tag: str
    entrypoint: Sequence[str]
    cmd: Sequence[str]
    env: Sequence[str]
    label: Sequence[str]
    annotation: Sequence[str]
    expose: Sequence[str]
    workdir: str
    stop_signal: str
    layers: Literal["one", "split"]
    base: str
    sbom: Literal["none", "spdx", "cyclonedx"]


class Options(PlanOptions, ImageOptions, total=False):
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
    kernel: str
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
