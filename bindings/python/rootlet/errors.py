"""What can go wrong."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Dict, Tuple, Type

if TYPE_CHECKING:
    from .closure import Closure
    from .types import Missing


class Code(enum.IntEnum):
    """What kind of error it is; the numbers of ``enum rootlet_code``."""

    INVALID_ARGUMENT = -1
    NOT_FOUND = -2
    NOT_A_DIRECTORY = -3
    PERMISSION_DENIED = -4
    IO = -5
    MALFORMED = -6
    UNSUPPORTED = -7
    ALREADY_EXISTS = -8
    TOO_LARGE = -9
    CANCELLED = -10
    NO_MEMORY = -11
    INTERNAL = -12


class Error(Exception):
    """Something that rootlet cannot do.

    >>> import rootlet
    >>> try:
    ...     rootlet.resolve("/usr/bin/no-such-program")
    ... except rootlet.Error as error:
    ...     print(error.code.name, error.path)
    NOT_FOUND /usr/bin/no-such-program
    """

    code: Code
    message: str  #: what is wrong, where, and where possible what to do
    path: str  #: the file concerned, as it is called inside the root or by the caller; "" if there is none

    def __init__(self, code: int, message: str, path: str = "") -> None:
        super().__init__(code, message, path)
        # A number that only a later library knows is kept as INTERNAL; its message tells.
        self.code = Code(code) if code in Code._value2member_map_ else Code.INTERNAL
        self.message = message
        self.path = path

    def __str__(self) -> str:
        return self.message


class InvalidArgument(Error, ValueError):
    """The caller's own words are off: a relative path, a word that an option does not know."""


class NotFound(Error):
    """A path that should exist does not."""


class NotADirectory(Error):
    """A component of a path, or the root itself, is not a directory."""


class PermissionDenied(Error):
    """This user may not read or write that."""


class Malformed(Error):
    """Bytes that are not what they claim to be."""


class Unsupported(Error):
    """Understood, and not handled."""


class AlreadyExists(Error):
    """An output that would have to be overwritten."""


class TooLarge(Error):
    """A bound on counts, sizes or depth was reached."""


class Cancelled(Error):
    """The progress callback returned False."""


class NoMemory(Error, MemoryError):
    """Memory ran out; nothing is lost."""


class Incomplete(Error):
    """:func:`rootlet.build` wrote nothing, since something required is missing."""

    closure: Closure
    missing: Tuple[Missing, ...]

    def __init__(self, closure: Closure) -> None:
        missing = closure.missing
        names = ", ".join(f"{item.name} (needed by {item.by})" if item.by else item.name for item in missing)
        super().__init__(Code.NOT_FOUND, f"nothing is written, since this is missing: {names}", missing[0].by)
        self.closure = closure
        self.missing = missing

    def __reduce__(self) -> Any:
        return Error, (self.code, self.message, self.path)


_CLASSES: Dict[int, Type[Error]] = {
    Code.INVALID_ARGUMENT: InvalidArgument,
    Code.NOT_FOUND: NotFound,
    Code.NOT_A_DIRECTORY: NotADirectory,
    Code.PERMISSION_DENIED: PermissionDenied,
    Code.MALFORMED: Malformed,
    Code.UNSUPPORTED: Unsupported,
    Code.ALREADY_EXISTS: AlreadyExists,
    Code.TOO_LARGE: TooLarge,
    Code.CANCELLED: Cancelled,
    Code.NO_MEMORY: NoMemory,
}


def error_class(code: int) -> Type[Error]:
    return _CLASSES.get(code, Error)
