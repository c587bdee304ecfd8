"""The tree that is looked into, and what entries need of it."""

from __future__ import annotations

import ctypes
import json
import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union, overload

from . import _library, options as _options
from ._library import AuditHandle, ClosureHandle, Owner, PathLike, RootHandle, c_string, lib, optional_text, text_of
from .audit import Audit
from .options import ProgressCallback
from .plan import Plan
from .types import Attempt, File, FileType, Finding, Missing, Reason, Step, Why

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .types import Options, PlanOptions


class Root(Owner):
    """A directory or an image seen as ``/``.

    It is a view of one moment: what was looked up is remembered, so that further calls are faster and see nothing that changed
    since. Threads may share it; their calls take turns.

    An image is ``"oci:DIRECTORY[:TAG]"``, an image layout; or a file: an OCI archive, what ``docker save`` writes, or a tar of a root.
    It is read without unpacking it to disk. ``platform`` is ``"OS/ARCHITECTURE[/VARIANT]"``, where it has several.

    >>> import rootlet
    >>> with rootlet.Root("/") as root:
    ...     xz = root.resolve("/usr/bin/xz")
    ...     sort = root.resolve("/usr/bin/sort")
    >>> xz.complete and sort.complete
    True
    """

    def __init__(self, path: PathLike = "/", *, platform: str = "") -> None:
        handle = RootHandle()
        _options.call(lib.rootlet_root_open_with, (c_string(path),), {"platform": platform}, (ctypes.byref(handle),), None)
        self._kept = handle

    @property
    def name(self) -> str:
        """The directory or image, as it was given."""
        return os.fsdecode(lib.rootlet_root_name(self._handle))

    def resolve(self, *entries: PathLike, progress: Optional[ProgressCallback] = None, **options: Unpack[Options]) -> Closure:
        """What the entries need; see :func:`rootlet.resolve`."""
        names = [c_string(entry) for entry in entries]
        array = (ctypes.c_char_p * len(names))(*names)
        handle = ClosureHandle()
        _options.call(lib.rootlet_resolve, (self._handle,), options, (array, len(names), ctypes.byref(handle)), progress)
        return Closure(handle, options)

    def audit(self, *entries: PathLike, progress: Optional[ProgressCallback] = None, **options: Unpack[Options]) -> Audit:
        """Would it start? Of every program in the root; with the files that the entries do not reach or, without entries, no program.

        For a root that somebody else made: an image, a directory. See :class:`Audit`.

        >>> import rootlet, tempfile
        >>> with tempfile.TemporaryDirectory() as place:
        ...     plan = rootlet.build("/usr/bin/xz", dir=place, data="none")
        ...     audit = rootlet.Root(place).audit()
        >>> audit.bound, audit.programs
        (True, 1)
        """
        names = [c_string(entry) for entry in entries]
        array = (ctypes.c_char_p * len(names))(*names)
        handle = AuditHandle()
        _options.call(lib.rootlet_root_audit, (self._handle,), options, (array, len(names), ctypes.byref(handle)), progress)
        return Audit(handle)

    def __enter__(self) -> Root:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"rootlet.Root({self.name!r})" if self._kept else "<closed rootlet.Root>"


class Files(Sequence[File]):
    """The files of a closure, sorted by path. Each is made when it is asked for."""

    def __init__(self, closure: Closure) -> None:
        self._closure = closure

    def __len__(self) -> int:
        return int(lib.rootlet_file_count(self._closure._handle))

    @overload
    def __getitem__(self, index: int) -> File: ...
    @overload
    def __getitem__(self, index: slice) -> List[File]: ...
    def __getitem__(self, index: Union[int, slice]) -> Union[File, List[File]]:
        where = range(len(self))[index]
        return _file(self._closure._handle, where) if isinstance(where, int) else [_file(self._closure._handle, i) for i in where]

    def __iter__(self) -> Iterator[File]:
        for index in range(len(self)):
            yield _file(self._closure._handle, index)

    def __repr__(self) -> str:
        return f"<{len(self)} files>" if self._closure._kept else "<files of a closed closure>"


class Closure(Owner):
    """Every file that the entries need, and why. :func:`rootlet.resolve` and :meth:`Root.resolve` make it.

    >>> import rootlet
    >>> closure = rootlet.resolve("/usr/bin/xz", data="none")
    >>> for file in closure.files:
    ...     if file.path.name.startswith("liblzma"):
    ...         print(file.type.name, file.reasons[0].kind, file.reasons[0].by)
    SYMLINK link /usr/bin/xz
    FILE needed /usr/bin/xz
    >>> "/usr/bin/xz" in closure
    True
    """

    def __init__(self, handle: ClosureHandle, options: Mapping[str, Any]) -> None:
        self._kept = handle
        # For plans, and for what they write. Rules would be read again.
        self._options = {keyword: value for keyword, value in options.items() if keyword != "rules"}
        self._missing: Optional[Tuple[Missing, ...]] = None
        self._findings: Optional[Tuple[Finding, ...]] = None

    @property
    def root(self) -> str:
        """The name of the root."""
        return os.fsdecode(lib.rootlet_closure_root(self._handle))

    @property
    def entries(self) -> Tuple[PurePosixPath, ...]:
        handle = self._handle
        return tuple(_path(lib.rootlet_entry(handle, i)) for i in range(lib.rootlet_entry_count(handle)))

    @property
    def files(self) -> Files:
        """The files, sorted by path. Directories that exist only to hold others are not among them."""
        return Files(self)

    @property
    def missing(self) -> Tuple[Missing, ...]:
        """What is required and not there, with every candidate that was tried for it."""
        if self._missing is None:
            handle = self._handle
            self._missing = tuple(_missing(handle, i) for i in range(lib.rootlet_missing_count(handle)))
        return self._missing

    @property
    def findings(self) -> Tuple[Finding, ...]:
        """What cannot be proved, what was left out."""
        if self._findings is None:
            handle = self._handle
            self._findings = tuple(
                Finding(
                    text_of(lib.rootlet_finding_kind(handle, i)),
                    os.fsdecode(lib.rootlet_finding_by(handle, i)),
                    text_of(lib.rootlet_finding_detail(handle, i)),
                )
                for i in range(lib.rootlet_finding_count(handle))
            )
        return self._findings

    @property
    def complete(self) -> bool:
        """Nothing is missing."""
        return int(lib.rootlet_missing_count(self._handle)) == 0

    def find(self, path: PathLike) -> Optional[File]:
        """The file of this path, or None. The path is one as the files have it, without links on the way."""
        handle = self._handle
        index = lib.rootlet_file_find(handle, c_string(path))
        return None if index == _library.NONE else _file(handle, index)

    def __contains__(self, path: object) -> bool:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return False
        return bool(lib.rootlet_file_find(self._handle, c_string(path)) != _library.NONE)

    def json(self) -> str:
        """The object that ``rootlet resolve --format json`` prints, byte for byte."""
        return self.text("json")

    def to_dict(self) -> Dict[str, Any]:
        """The same as a dictionary.

        >>> import rootlet
        >>> rootlet.resolve("/usr/bin/xz", data="none").to_dict()["entries"]
        ['/usr/bin/xz']
        """
        made = json.loads(self.json())
        assert isinstance(made, dict)
        return made

    def text(self, format: str = "tree") -> str:
        """The answer as "json", "paths", "tree", "color-tree" (with ANSI colours) or "dot" (for Graphviz).

        Bytes of a path that are not UTF-8 become surrogates; to write them, encode with ``errors="surrogateescape"``.

        >>> import rootlet
        >>> print(rootlet.resolve("/usr/bin/xz", data="none").text())  # doctest: +ELLIPSIS
        /usr/bin/xz
        ...
        """
        return _library.text(lib.rootlet_closure_text, self._handle, c_string(format))

    def why(self, path: PathLike, limit: int = 20) -> Why:
        """Every chain of reasons from an entry to the path, at most `limit` (0: all); or why it is not there.

        More is known of what is not there if the closure was made with ``record_attempts=True``.

        >>> import rootlet
        >>> closure = rootlet.resolve("/usr/bin/xz", data="none")
        >>> why = closure.why("/lib64/ld-linux-x86-64.so.2")
        >>> why.present, why.chains[0][0].reason.kind
        (True, 'entry')
        >>> closure.why("/etc/fstab").present
        False
        """
        if limit < 0:
            raise ValueError(f"the limit is {limit}; 0 stands for none")
        handle = self._handle
        name = c_string(path)
        answer = json.loads(_library.text(lib.rootlet_closure_why, handle, name, limit, b"json", None))
        words = _library.text(lib.rootlet_closure_why, handle, name, limit, b"text", None)
        chains = tuple(tuple(_step(step) for step in chain) for chain in answer["chains"])
        return Why(answer["present"], PurePosixPath(_name(answer, "path")), chains, answer["more"], tuple(answer["notes"]), words)

    def report(self, before: Union[Closure, str, None] = None) -> str:
        """One page of HTML that needs nothing else; compared with an earlier closure, or the JSON of one."""
        earlier = before.json() if isinstance(before, Closure) else before
        data = None if earlier is None else earlier.encode("utf-8", "surrogateescape")
        return _library.text(lib.rootlet_closure_report, self._handle, data, len(data or b""))

    def depfile(self, target: PathLike) -> str:
        """A rule for make and ninja: `target` depends on every file that the closure was made of.

        >>> import rootlet
        >>> rootlet.resolve("/usr/bin/xz", data="none").depfile("layer.tar").startswith("layer.tar:")
        True
        """
        return _library.text(lib.rootlet_closure_depfile, self._handle, c_string(target))

    def audit(self, progress: Optional[ProgressCallback] = None) -> Audit:
        """Would its programs start? Binds every symbol as their loader would, without running anything. See :class:`Audit`.

        >>> import rootlet
        >>> audit = rootlet.resolve("/usr/bin/xz", data="none").audit()
        >>> audit.bound, [finding.message for finding in audit.findings if finding.effect != "note"]
        (True, [])
        """
        handle = AuditHandle()
        _options.call(lib.rootlet_closure_audit, (self._handle,), self._options, (ctypes.byref(handle),), progress)
        return Audit(handle)

    def plan(self, **options: Unpack[PlanOptions]) -> Plan:
        """What will be written. The options that the closure was made with count here too, unless they are given anew.

        >>> import rootlet
        >>> plan = rootlet.resolve("/usr/bin/xz", data="none").plan(times="epoch", epoch=1700000000)
        >>> {entry.modified for entry in plan}
        {1700000000}
        """
        return Plan._make(self, {**self._options, **options})

    def __enter__(self) -> Closure:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._kept is None:
            return "<closed rootlet.Closure>"
        lacks = f", {len(self.missing)} missing" if self.missing else ""
        return f"<rootlet.Closure of {', '.join(map(str, self.entries))}: {len(self.files)} files{lacks}>"


def _path(data: bytes) -> PurePosixPath:
    return PurePosixPath(os.fsdecode(data))


def _file(handle: Any, index: int) -> File:
    target = lib.rootlet_file_target(handle, index)
    return File(
        _path(lib.rootlet_file_path(handle, index)),
        FileType(lib.rootlet_file_type(handle, index)),
        lib.rootlet_file_size(handle, index),
        lib.rootlet_file_mode(handle, index),
        None if target is None else os.fsdecode(target),
        optional_text(lib.rootlet_file_package(handle, index)),
        bool(lib.rootlet_file_generated(handle, index)),
        tuple(_reason(handle, index, i) for i in range(lib.rootlet_reason_count(handle, index))),
    )


def _reason(handle: Any, file: int, index: int) -> Reason:
    return Reason(
        text_of(lib.rootlet_reason_kind(handle, file, index)),
        os.fsdecode(lib.rootlet_reason_by(handle, file, index)),
        os.fsdecode(lib.rootlet_reason_detail(handle, file, index)),
        optional_text(lib.rootlet_reason_how(handle, file, index)),
    )


def _missing(handle: Any, index: int) -> Missing:
    tried = tuple(
        Attempt(
            os.fsdecode(lib.rootlet_attempt_path(handle, index, i)),
            text_of(lib.rootlet_attempt_how(handle, index, i)),
            text_of(lib.rootlet_attempt_why(handle, index, i)),
        )
        for i in range(lib.rootlet_attempt_count(handle, index))
    )
    name, by = lib.rootlet_missing_name(handle, index), lib.rootlet_missing_by(handle, index)
    return Missing(os.fsdecode(name), os.fsdecode(by), text_of(lib.rootlet_missing_kind(handle, index)), tried)


def _name(item: Mapping[str, Any], key: str) -> str:
    """A name from JSON, which has bytes that are not UTF-8 in hexadecimal beside it."""
    hexadecimal = item.get(key + "_hex")
    return str(item[key]) if hexadecimal is None else os.fsdecode(bytes.fromhex(hexadecimal))


def _step(step: Mapping[str, Any]) -> Step:
    item = step["reason"]
    reason = Reason(item["kind"], _name(item, "by"), _name(item, "detail"), item.get("how"))
    return Step(PurePosixPath(_name(step, "path")), reason)
