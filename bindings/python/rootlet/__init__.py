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

from typing import TYPE_CHECKING, Optional, Union

from . import _library
from .closure import Closure, Files, Root
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
from .types import Attempt, Entry, File, FileType, Finding, Missing, Options, PlanOptions, Progress, Reason, Rules, Step, Why

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._library import PathLike
    from .types import BinaryWriter

__all__ = [
    "AlreadyExists", "Attempt", "Cancelled", "Closure", "Code", "Entry", "Error", "File", "FileType", "Files", "Finding",
    "Incomplete", "InvalidArgument", "Malformed", "Missing", "NoMemory", "NotADirectory", "NotFound", "Options",
    "PermissionDenied", "Plan", "PlanOptions", "Progress", "ProgressCallback", "Reason", "Root", "Rules", "Step", "TooLarge",
    "Unsupported", "Why", "build", "printable", "resolve", "version",
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
          root: Union[PathLike, Root] = "/", allow_missing: bool = False, progress: Optional[ProgressCallback] = None,
          **options: Unpack[Options]) -> Plan:
    """Resolves the entries and writes what they need, as a tar or a directory (:meth:`Plan.write_tar`, :meth:`Plan.write_dir`).

    Raises :class:`Incomplete` and writes nothing if something is missing, unless that is allowed.

    >>> import rootlet, tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     plan = rootlet.build("/usr/bin/xz", tar=place + "/layer.tar")
    >>> len(plan) > len(plan.closure.files)
    True
    """
    if (tar is None) == (dir is None):
        raise TypeError("one of tar and dir says where the layer goes")
    closure = resolve(*entries, root=root, progress=progress, **options)
    if not closure.complete and not allow_missing:
        raise Incomplete(closure)
    plan = closure.plan()
    if tar is not None:
        plan.write_tar(tar, progress)
    elif dir is not None:
        plan.write_dir(dir, progress)
    return plan
