"""Would it start? What an audit says."""

from __future__ import annotations

import json
import os
from pathlib import PurePosixPath
from typing import Any, Dict, Optional, Tuple, Union

from . import _library
from ._library import AuditHandle, Owner, c_string, lib, optional_text, text_of
from .types import AuditFinding, AuditObject, AuditRule, UnreachedFile


def audit_rules() -> Tuple[AuditRule, ...]:
    """What an audit may find.

    >>> import rootlet
    >>> "missing-version" in [rule.name for rule in rootlet.audit_rules()]
    True
    """
    names = (lib.rootlet_audit_rule_name, lib.rootlet_audit_rule_summary, lib.rootlet_audit_rule_help)
    return tuple(AuditRule(*(text_of(name(i)) for name in names)) for i in range(lib.rootlet_audit_rule_count()))


class Audit(Owner):
    """What of the programs is not bound, and how files are protected. :meth:`Closure.audit` and :meth:`Root.audit` make it.

    >>> import rootlet
    >>> audit = rootlet.resolve("/usr/bin/xz", data="none").audit()
    >>> audit.programs, audit.bindings > 100
    (1, True)
    >>> {one.path.name: one.program for one in audit.objects}["xz"]
    True
    """

    def __init__(self, handle: AuditHandle) -> None:
        self._kept = handle
        self._objects: Optional[Tuple[AuditObject, ...]] = None

    @property
    def bound(self) -> bool:
        """There are no findings but notes, and what is accepted."""
        return bool(lib.rootlet_audit_bound(self._handle))

    @property
    def programs(self) -> int:
        """How many were audited."""
        return int(lib.rootlet_audit_programs(self._handle))

    @property
    def bindings(self) -> int:
        """How many references were looked up, over all programs."""
        return int(lib.rootlet_audit_bindings(self._handle))

    @property
    def findings(self) -> Tuple[AuditFinding, ...]:
        """By effect, then file, rule and subject. As they are at the moment: :meth:`accept` changes them."""
        handle = self._handle
        return tuple(_finding(handle, i) for i in range(lib.rootlet_audit_finding_count(handle)))

    @property
    def objects(self) -> Tuple[AuditObject, ...]:
        """The ELF files that were looked at, by path."""
        if self._objects is None:
            handle = self._handle
            self._objects = tuple(_object(handle, i) for i in range(lib.rootlet_audit_object_count(handle)))
        return self._objects

    @property
    def unreached(self) -> Tuple[UnreachedFile, ...]:
        """What nothing reaches, the largest first; of :meth:`Root.audit` alone."""
        handle = self._handle
        return tuple(
            UnreachedFile(
                _path(lib.rootlet_audit_unreached_path(handle, i)),
                lib.rootlet_audit_unreached_size(handle, i),
                optional_text(lib.rootlet_audit_unreached_package(handle, i)),
            )
            for i in range(lib.rootlet_audit_unreached_count(handle))
        )

    def accept(self, baseline: Union[str, bytes]) -> Tuple[str, ...]:
        """Marks the findings that the text of a baseline names as accepted. Returns the lines that name nothing that was found.

        >>> import rootlet
        >>> audit = rootlet.resolve("/usr/bin/xz", data="none").audit()
        >>> audit.accept("# known\\nundefined-symbol /usr/bin/gone foo@V_2")
        ('undefined-symbol /usr/bin/gone foo@V_2',)
        """
        data = baseline if isinstance(baseline, bytes) else baseline.encode("utf-8", "surrogateescape")
        return tuple(_library.text(lib.rootlet_audit_accept, self._handle, data, len(data)).split("\n")[:-1])

    def baseline(self) -> str:
        """A baseline that names all findings but notes, for :meth:`accept` and the command's ``--baseline``."""
        return self.text("baseline")

    def json(self) -> str:
        """The object that ``rootlet audit --format json`` prints, byte for byte."""
        return self.text("json")

    def to_dict(self) -> Dict[str, Any]:
        """The same as a dictionary."""
        made = json.loads(self.json())
        assert isinstance(made, dict)
        return made

    def text(self, format: str = "text") -> str:
        """The answer as "text", "hardening" (a table), each also as "color-...", or as "json", "sarif", "junit", "baseline"."""
        return _library.text(lib.rootlet_audit_text, self._handle, c_string(format))

    def __enter__(self) -> Audit:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._kept is None:
            return "<closed rootlet.Audit>"
        return f"<rootlet.Audit of {self.programs} program{'s' * (self.programs != 1)}: {'bound' if self.bound else 'not bound'}>"


def _path(data: bytes) -> PurePosixPath:
    return PurePosixPath(os.fsdecode(data))


def _finding(handle: Any, index: int) -> AuditFinding:
    def name(function: Any) -> str:
        return os.fsdecode(function(handle, index))

    effect: Any = name(lib.rootlet_audit_finding_effect)
    return AuditFinding(
        name(lib.rootlet_audit_finding_rule),
        effect,
        PurePosixPath(name(lib.rootlet_audit_finding_object)),
        name(lib.rootlet_audit_finding_subject),
        name(lib.rootlet_audit_finding_symbol),
        name(lib.rootlet_audit_finding_version),
        name(lib.rootlet_audit_finding_from),
        name(lib.rootlet_audit_finding_nearest),
        PurePosixPath(name(lib.rootlet_audit_finding_program)),
        lib.rootlet_audit_finding_programs(handle, index),
        text_of(lib.rootlet_audit_finding_message(handle, index)),
        text_of(lib.rootlet_audit_finding_key(handle, index)),
        bool(lib.rootlet_audit_finding_accepted(handle, index)),
    )


def _object(handle: Any, index: int) -> AuditObject:
    def word(name: bytes) -> Any:
        return optional_text(lib.rootlet_audit_object_protection(handle, index, name))

    def flag(name: bytes) -> bool:
        return bool(word(name) == "yes")

    return AuditObject(
        _path(lib.rootlet_audit_object_path(handle, index)),
        bool(lib.rootlet_audit_object_program(handle, index)),
        lib.rootlet_audit_object_references(handle, index),
        word(b"relro"),
        word(b"pie"),
        flag(b"nx"),
        flag(b"canary"),
        flag(b"fortify"),
        flag(b"text_relocations"),
        flag(b"rpath"),
        flag(b"runpath"),
        flag(b"ibt"),
        flag(b"shstk"),
        flag(b"bti"),
        flag(b"pac"),
        word(b"isa_needed"),
        word(b"kernel"),
    )
