"""Which files must stand beside a Linux program for it to run, with a reason for each, and a layer made of them.

>>> import rootlet
>>> closure = rootlet.resolve("/usr/bin/xz")
>>> closure.complete
True
>>> file = closure.find("/usr/bin/xz")
>>> file.type.name, file.reasons[0].kind
('FILE', 'entry')

Nothing is executed, and nothing outside the root is opened. Calls let other threads run; all objects may be shared by threads,
and go away when nothing uses them any more (`close()`, or `with`, does it early). Paths are any bytes, and are given and
returned as :mod:`os` does it: what is not UTF-8 becomes surrogates (:func:`os.fsdecode`).

Messages go to the logger "rootlet" of :mod:`logging`: what is missing is a warning, findings are infos.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Optional, Union

from . import _library
from .audit import Audit, audit_rules
from .closure import Closure, Files, Root
from .compare import diff, verify
from .errors import (
    AlreadyExists,
    Cancelled,
    Code,
    Error,
    Incomplete,
    InvalidArgument,
    Malformed,
    NoMemory,
    NotADirectory,
    NotFound,
    PermissionDenied,
    TooLarge,
    Unsupported,
)
from .options import ProgressCallback
from .plan import Plan
from .types import (
    Attempt,
    AuditFinding,
    AuditObject,
    AuditRule,
    CompressionOptions,
    Diff,
    Entry,
    File,
    FileChange,
    FileType,
    Finding,
    Image,
    ImageOptions,
    Layer,
    Missing,
    Options,
    PackageChange,
    PlanOptions,
    Progress,
    Reason,
    Rules,
    Step,
    UnreachedFile,
    Why,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._library import PathLike
    from .types import BinaryWriter

__all__ = [
    "AlreadyExists", "Attempt", "Audit", "AuditFinding", "AuditObject", "AuditRule", "Cancelled", "Closure", "Code", "CompressionOptions", "Diff", "Entry", "Error", "File", "FileChange", "FileType", "Files", "Finding",
    "Image", "ImageOptions", "Incomplete", "InvalidArgument", "Layer", "Malformed", "Missing", "NoMemory", "NotADirectory", "NotFound", "Options",
    "PackageChange", "PermissionDenied", "Plan", "PlanOptions", "Progress", "ProgressCallback", "Reason", "Root", "Rules", "Step", "TooLarge",
    "UnreachedFile", "Unsupported", "Why", "audit_rules", "build", "diff", "join_images", "printable", "resolve", "verify", "version",
]  # fmt: skip


def version() -> str:
    """The library's version.

    >>> import rootlet
    >>> rootlet.version()
    '0.1.0'
    """
    return _library.text_of(_library.lib.rootlet_version())


def printable(text: Union[str, bytes]) -> str:
    r"""The text with control characters, and what is not UTF-8, as \\xHH: names from strangers, fit for a terminal.

    >>> import rootlet
    >>> print(rootlet.printable(b"\x1b[2J\xff"))
    \x1b[2J\xff
    """
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    return _library.text(_library.lib.rootlet_printable, data, len(data))


def resolve(*entries: PathLike, root: Union[PathLike, Root] = "/", progress: Optional[ProgressCallback] = None,
            **options: Unpack[Options]) -> Closure:
    """What the entries need, and why.

    `entries` are absolute paths inside `root`: programs, libraries, scripts, or any file or directory to carry along. `options`
    are those of the command (:class:`Options`). What is missing is no error but part of the answer.

    `progress` is called about every 10 ms; see :class:`Progress`. Control-C stops the call.

    >>> import rootlet
    >>> closure = rootlet.resolve("/usr/bin/xz", "/usr/bin/sort", locale=["C.UTF-8"], exclude=["/usr/share/doc/*"])
    >>> [str(path) for path in closure.entries]
    ['/usr/bin/xz', '/usr/bin/sort']
    """
    return (root if isinstance(root, Root) else Root(root)).resolve(*entries, progress=progress, **options)


def build(*entries: PathLike, tar: Union[PathLike, int, BinaryWriter, None] = None, dir: Union[PathLike, int, None] = None,
          oci: Optional[PathLike] = None, oci_archive: Union[PathLike, int, None] = None,
          docker_archive: Union[PathLike, int, None] = None, root: Union[PathLike, Root] = "/", allow_missing: bool = False,
          progress: Optional[ProgressCallback] = None, **options: Unpack[Options]) -> Plan:
    """Resolves the entries and writes what they need, as a tar, a directory or an image (:meth:`Plan.write_tar`,
    :meth:`Plan.write_dir`, :meth:`Plan.write_oci`, :meth:`Plan.write_oci_archive`, :meth:`Plan.write_docker_archive`).

    Raises :class:`Incomplete` and writes nothing if something is missing, unless that is allowed.

    >>> import rootlet, tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     plan = rootlet.build("/usr/bin/xz", tar=place + "/layer.tar")
    >>> len(plan) > len(plan.closure.files)
    True
    """
    places = {"tar": tar, "dir": dir, "oci": oci, "oci_archive": oci_archive, "docker_archive": docker_archive}
    if sum(place is not None for place in places.values()) != 1:
        raise TypeError(f"one of {', '.join(places)} says where the layer goes")
    closure = resolve(*entries, root=root, progress=progress, **options)
    if not closure.complete and not allow_missing:
        raise Incomplete(closure)
    plan = closure.plan()
    if tar is not None:
        plan.write_tar(tar, progress)
    elif dir is not None:
        plan.write_dir(dir, progress)
    elif oci is not None:
        plan.write_oci(oci, progress)
    elif oci_archive is not None:
        plan.write_oci_archive(oci_archive, progress)
    elif docker_archive is not None:
        plan.write_docker_archive(docker_archive, progress)
    return plan


def join_images(layout: PathLike, *images: str, tag: str) -> str:
    """Joins images of an OCI image layout, by their tags, each for another platform, into an index of that tag. Returns its digest."""
    names = (ctypes.c_char_p * len(images))(*map(_library.c_string, images))
    return _library.text(_library.lib.rootlet_index, _library.c_string(layout), names, len(images), _library.c_string(tag))
