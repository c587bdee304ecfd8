"""Options on their way to the library, and the callbacks that a call brings along."""

from __future__ import annotations

import ctypes
import functools
import os
import sys
import threading
from typing import Any, Callable, Dict, Iterable, Mapping, NoReturn, Optional, Tuple

from . import _library
from ._library import c_string, lib, text_of
from .types import Progress, Rules

#: Returning False stops the call with :class:`rootlet.Cancelled`. What it raises comes out of the call.
ProgressCallback = Callable[[Progress], Optional[bool]]


@functools.lru_cache(maxsize=None)
def known() -> Dict[str, Tuple[bytes, str]]:
    """The library's name and kind of every option, by its keyword."""
    options = {}
    for index in range(lib.rootlet_option_count()):
        name = lib.rootlet_option_name(index)
        options[name.decode().replace("-", "_")] = (name, lib.rootlet_option_kind(index).decode())
    return options


def _refuse(keyword: str, wanted: str, value: object) -> NoReturn:
    raise TypeError(f"{keyword} takes {wanted}, not {value!r}")


def _set(handle: ctypes.c_void_p, keyword: str, value: Any) -> None:
    try:
        name, kind = known()[keyword]
    except KeyError:
        raise TypeError(f"there is no option {keyword!r}; the options are {', '.join(sorted(known()))}") from None
    if kind == "list":
        if isinstance(value, (str, bytes, os.PathLike, Rules)) or not isinstance(value, Iterable):
            _refuse(keyword, "a list", value)
        for item in value:
            if keyword == "rules" and isinstance(item, Rules):
                text = item.text.encode()
                _library.call(lib.rootlet_options_add_rules, handle, c_string(item.name), text, len(text))
            else:
                _library.call(lib.rootlet_options_add, handle, name, c_string(item))
        return
    if kind == "flag":
        if not isinstance(value, bool):
            _refuse(keyword, "True or False", value)
        word = b"yes" if value else b"no"
    elif kind == "number":
        if not isinstance(value, int) or isinstance(value, bool):
            _refuse(keyword, "an int", value)
        word = str(value).encode()
    else:
        if not isinstance(value, (str, bytes, os.PathLike)):
            _refuse(keyword, "a str", value)
        word = c_string(value)
    _library.call(lib.rootlet_options_set, handle, name, word)


class Callbacks:
    """The callbacks of one call.

    The library always gets a progress callback: Python acts on signals only while it runs, and so Control-C stops a call. An
    exception that a signal's handler raises may come before the first line of a callback, where nothing can catch it: the
    interpreter passes it to sys.unraisablehook, which is ours during the call, and the next callback stops the call.
    """

    def __init__(self, progress: Optional[ProgressCallback]) -> None:
        self.raised: Optional[BaseException] = None

        def on_progress(_: object, done: int, total: int, bytes_done: int, bytes_total: int, path: bytes) -> int:
            try:
                if self.raised is not None:
                    return 1
                if progress is None:
                    return 0
                return progress(Progress(done, total, bytes_done, bytes_total, os.fsdecode(path))) is False
            except BaseException as exception:
                self.raised = exception
                return 1

        def on_log(_: object, level: int, line: bytes) -> None:
            try:
                logger.log(levels[level], "%s", text_of(line))
            except BaseException as exception:
                self.raised = exception

        self._functions: Tuple[Any, ...] = (on_progress, on_log)
        self.progress: Any = _library.ProgressFunction(on_progress)
        self.log: Any = _library.LogFunction(0)
        # A program that has not imported logging gets no messages, and the import of it is spared.
        logging = sys.modules.get("logging")
        if logging is not None:
            levels = (logging.DEBUG, logging.INFO, logging.WARNING)
            logger = logging.getLogger("rootlet")
            if not logger.handlers:
                logger.addHandler(logging.NullHandler())
            if logger.isEnabledFor(logging.WARNING):
                self.log = _library.LogFunction(on_log)

    def run(self, function: Any, *arguments: Any) -> Any:
        before = sys.unraisablehook

        def hook(unraisable: Any) -> None:
            ours = unraisable.object in self._functions
            if unraisable.object is None and self._functions:  # Python 3.13 names the callback in the message alone
                ours = "ctypes callback" in (unraisable.err_msg or "")
            if ours and self.raised is None:
                self.raised = unraisable.exc_value
            else:
                before(unraisable)

        try:
            if threading.get_ident() == threading.main_thread().ident:  # signals are handled by no other
                sys.unraisablehook = hook
            return function(*arguments)
        finally:
            self._functions, self.progress, self.log = (), None, None  # they refer to us
            if sys.unraisablehook is hook:
                sys.unraisablehook = before

    def again(self) -> None:
        """Raises what was raised in a callback."""
        raised, self.raised = self.raised, None
        if raised is not None:
            try:
                raise raised
            finally:
                del raised


def call(function: Any, before: Tuple[Any, ...], options: Mapping[str, Any], after: Tuple[Any, ...],
         progress: Optional[ProgressCallback] = None) -> None:
    """Calls what takes options between `before` and `after`, and the error at the end."""
    handle = ctypes.c_void_p(lib.rootlet_options_new())
    if not handle:
        raise MemoryError("there is no memory for options")
    try:
        for keyword, value in options.items():
            _set(handle, keyword, value)
        error = ctypes.c_void_p()
        callbacks = Callbacks(progress)
        lib.rootlet_options_set_progress(handle, callbacks.progress, None)
        lib.rootlet_options_set_log(handle, callbacks.log, None)
        code = callbacks.run(function, *before, handle, *after, ctypes.byref(error))
        failure = None if code == 0 else _library.to_error(error)
        callbacks.again()
        if failure is not None:
            raise failure
    finally:
        lib.rootlet_options_free(handle)
