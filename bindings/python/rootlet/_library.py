"""The C library: where it is, its functions as ctypes declares them, and what owns its handles."""

from __future__ import annotations

import ctypes
import os
from ctypes import POINTER, c_char_p, c_int, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from typing import Any, ClassVar, Optional, Union

from .errors import Error, error_class

SONAME = "librootlet.so.0"

PathLike = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]

# Of the callbacks: the caller's data; files done and in all; bytes done and in all; the path at work.
ProgressFunction = ctypes.CFUNCTYPE(c_int, c_void_p, c_uint64, c_uint64, c_uint64, c_uint64, c_char_p)
LogFunction = ctypes.CFUNCTYPE(None, c_void_p, c_int, c_char_p)

_handle = c_void_p  # a pointer to what only the library knows
_out = POINTER(c_void_p)  # where a handle goes

# Result and arguments of every function of rootlet.h. A test compares them with the header.
FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "rootlet_version": (c_char_p, ()),
    # errors
    "rootlet_code_name": (c_char_p, (c_int,)),
    "rootlet_error_code": (c_int, (_handle,)),
    "rootlet_error_message": (c_char_p, (_handle,)),
    "rootlet_error_path": (c_char_p, (_handle,)),
    "rootlet_error_free": (None, (_handle,)),
    # texts; the data as an address, since a bytes object would end at the first NUL
    "rootlet_text_data": (c_void_p, (_handle,)),
    "rootlet_text_size": (c_size_t, (_handle,)),
    "rootlet_text_save": (c_int, (_handle, c_char_p, _out)),
    "rootlet_text_write": (c_int, (_handle, c_int, _out)),
    "rootlet_text_free": (None, (_handle,)),
    "rootlet_printable": (c_int, (c_char_p, c_size_t, _out, _out)),
    # options
    "rootlet_options_new": (c_void_p, ()),
    "rootlet_options_set": (c_int, (_handle, c_char_p, c_char_p, _out)),
    "rootlet_options_add": (c_int, (_handle, c_char_p, c_char_p, _out)),
    "rootlet_options_add_rules": (c_int, (_handle, c_char_p, c_char_p, c_size_t, _out)),
    "rootlet_options_count": (c_size_t, (_handle, c_char_p)),
    "rootlet_options_get": (c_char_p, (_handle, c_char_p, c_size_t)),
    "rootlet_options_free": (None, (_handle,)),
    "rootlet_option_count": (c_size_t, ()),
    "rootlet_option_name": (c_char_p, (c_size_t,)),
    "rootlet_option_kind": (c_char_p, (c_size_t,)),
    "rootlet_option_summary": (c_char_p, (c_size_t,)),
    "rootlet_options_set_progress": (None, (_handle, ProgressFunction, c_void_p)),
    "rootlet_options_set_log": (None, (_handle, LogFunction, c_void_p)),
    # the root
    "rootlet_root_open": (c_int, (c_char_p, _out, _out)),
    "rootlet_root_open_with": (c_int, (c_char_p, _handle, _out, _out)),
    "rootlet_root_name": (c_char_p, (_handle,)),
    "rootlet_root_free": (None, (_handle,)),
    # the closure
    "rootlet_resolve": (c_int, (_handle, _handle, POINTER(c_char_p), c_size_t, _out, _out)),
    "rootlet_closure_free": (None, (_handle,)),
    "rootlet_closure_root": (c_char_p, (_handle,)),
    "rootlet_entry_count": (c_size_t, (_handle,)),
    "rootlet_entry": (c_char_p, (_handle, c_size_t)),
    "rootlet_file_count": (c_size_t, (_handle,)),
    "rootlet_file_find": (c_size_t, (_handle, c_char_p)),
    "rootlet_file_path": (c_char_p, (_handle, c_size_t)),
    "rootlet_file_type": (c_int, (_handle, c_size_t)),
    "rootlet_file_size": (c_uint64, (_handle, c_size_t)),
    "rootlet_file_mode": (c_uint32, (_handle, c_size_t)),
    "rootlet_file_target": (c_char_p, (_handle, c_size_t)),
    "rootlet_file_package": (c_char_p, (_handle, c_size_t)),
    "rootlet_file_generated": (c_int, (_handle, c_size_t)),
    "rootlet_reason_count": (c_size_t, (_handle, c_size_t)),
    "rootlet_reason_kind": (c_char_p, (_handle, c_size_t, c_size_t)),
    "rootlet_reason_by": (c_char_p, (_handle, c_size_t, c_size_t)),
    "rootlet_reason_detail": (c_char_p, (_handle, c_size_t, c_size_t)),
    "rootlet_reason_how": (c_char_p, (_handle, c_size_t, c_size_t)),
    "rootlet_missing_count": (c_size_t, (_handle,)),
    "rootlet_missing_name": (c_char_p, (_handle, c_size_t)),
    "rootlet_missing_by": (c_char_p, (_handle, c_size_t)),
    "rootlet_missing_kind": (c_char_p, (_handle, c_size_t)),
    "rootlet_attempt_count": (c_size_t, (_handle, c_size_t)),
    "rootlet_attempt_path": (c_char_p, (_handle, c_size_t, c_size_t)),
    "rootlet_attempt_how": (c_char_p, (_handle, c_size_t, c_size_t)),
    "rootlet_attempt_why": (c_char_p, (_handle, c_size_t, c_size_t)),
    "rootlet_finding_count": (c_size_t, (_handle,)),
    "rootlet_finding_kind": (c_char_p, (_handle, c_size_t)),
    "rootlet_finding_by": (c_char_p, (_handle, c_size_t)),
    "rootlet_finding_detail": (c_char_p, (_handle, c_size_t)),
    "rootlet_closure_text": (c_int, (_handle, c_char_p, _out, _out)),
    "rootlet_closure_report": (c_int, (_handle, c_char_p, c_size_t, _out, _out)),
    "rootlet_closure_depfile": (c_int, (_handle, c_char_p, _out, _out)),
    "rootlet_closure_why": (c_int, (_handle, c_char_p, c_size_t, c_char_p, POINTER(c_int), _out, _out)),
    # the plan
    "rootlet_plan_make": (c_int, (_handle, _handle, _out, _out)),
    "rootlet_plan_free": (None, (_handle,)),
    "rootlet_plan_bytes": (c_uint64, (_handle,)),
    "rootlet_plan_count": (c_size_t, (_handle,)),
    "rootlet_plan_path": (c_char_p, (_handle, c_size_t)),
    "rootlet_plan_type": (c_int, (_handle, c_size_t)),
    "rootlet_plan_mode": (c_uint32, (_handle, c_size_t)),
    "rootlet_plan_uid": (c_uint32, (_handle, c_size_t)),
    "rootlet_plan_gid": (c_uint32, (_handle, c_size_t)),
    "rootlet_plan_modified": (c_int64, (_handle, c_size_t)),
    "rootlet_plan_size": (c_uint64, (_handle, c_size_t)),
    "rootlet_plan_target": (c_char_p, (_handle, c_size_t)),
    "rootlet_plan_finding_count": (c_size_t, (_handle,)),
    "rootlet_plan_finding_kind": (c_char_p, (_handle, c_size_t)),
    "rootlet_plan_finding_by": (c_char_p, (_handle, c_size_t)),
    "rootlet_plan_finding_detail": (c_char_p, (_handle, c_size_t)),
    "rootlet_plan_write": (c_int, (_handle, _handle, c_char_p, c_char_p, _out)),
    "rootlet_plan_write_to": (c_int, (_handle, _handle, c_char_p, c_int, _out)),
    "rootlet_plan_write_image": (c_int, (_handle, _handle, c_char_p, c_char_p, c_int, _out, _out)),
    # what stands in a layer, and what differs
    "rootlet_plan_manifest": (c_int, (_handle, _handle, _out, _out)),
    "rootlet_plan_sbom": (c_int, (_handle, _handle, c_char_p, _out, _out)),
    "rootlet_verify": (c_int, (_handle, _handle, c_char_p, c_size_t, c_char_p, POINTER(c_int), _out, _out)),
    "rootlet_diff": (c_int, (c_char_p, c_char_p, _handle, c_char_p, POINTER(c_int), _out, _out)),
    "rootlet_index": (c_int, (c_char_p, POINTER(c_char_p), c_size_t, c_char_p, _out, _out)),
    # would it start?
    "rootlet_closure_audit": (c_int, (_handle, _handle, _out, _out)),
    "rootlet_root_audit": (c_int, (_handle, _handle, POINTER(c_char_p), c_size_t, _out, _out)),
    "rootlet_audit_free": (None, (_handle,)),
    "rootlet_audit_bound": (c_int, (_handle,)),
    "rootlet_audit_programs": (c_uint64, (_handle,)),
    "rootlet_audit_bindings": (c_uint64, (_handle,)),
    "rootlet_audit_finding_count": (c_size_t, (_handle,)),
    "rootlet_audit_finding_rule": (c_char_p, (_handle, c_size_t)),
    "rootlet_audit_finding_effect": (c_char_p, (_handle, c_size_t)),
    "rootlet_audit_finding_object": (c_char_p, (_handle, c_size_t)),
    "rootlet_audit_finding_subject": (c_char_p, (_handle, c_size_t)),
    "rootlet_audit_finding_symbol": (c_char_p, (_handle, c_size_t)),
    "rootlet_audit_finding_version": (c_char_p, (_handle, c_size_t)),
    "rootlet_audit_finding_from": (c_char_p, (_handle, c_size_t)),
    "rootlet_audit_finding_nearest": (c_char_p, (_handle, c_size_t)),
    "rootlet_audit_finding_program": (c_char_p, (_handle, c_size_t)),
    "rootlet_audit_finding_programs": (c_uint64, (_handle, c_size_t)),
    "rootlet_audit_finding_message": (c_char_p, (_handle, c_size_t)),
    "rootlet_audit_finding_key": (c_char_p, (_handle, c_size_t)),
    "rootlet_audit_finding_accepted": (c_int, (_handle, c_size_t)),
    "rootlet_audit_object_count": (c_size_t, (_handle,)),
    "rootlet_audit_object_path": (c_char_p, (_handle, c_size_t)),
    "rootlet_audit_object_program": (c_int, (_handle, c_size_t)),
    "rootlet_audit_object_references": (c_uint64, (_handle, c_size_t)),
    "rootlet_audit_object_protection": (c_char_p, (_handle, c_size_t, c_char_p)),
    "rootlet_audit_unreached_count": (c_size_t, (_handle,)),
    "rootlet_audit_unreached_path": (c_char_p, (_handle, c_size_t)),
    "rootlet_audit_unreached_size": (c_uint64, (_handle, c_size_t)),
    "rootlet_audit_unreached_package": (c_char_p, (_handle, c_size_t)),
    "rootlet_audit_rule_count": (c_size_t, ()),
    "rootlet_audit_rule_name": (c_char_p, (c_size_t,)),
    "rootlet_audit_rule_summary": (c_char_p, (c_size_t,)),
    "rootlet_audit_rule_help": (c_char_p, (c_size_t,)),
    "rootlet_audit_accept": (c_int, (_handle, c_char_p, c_size_t, _out, _out)),
    "rootlet_audit_text": (c_int, (_handle, c_char_p, _out, _out)),
}

NONE = ctypes.c_size_t(-1).value  # ROOTLET_NONE


def _open() -> ctypes.CDLL:
    given = os.environ.get("ROOTLET_LIBRARY")
    if given:
        try:
            return ctypes.CDLL(given)
        except OSError as error:
            raise ImportError(f"ROOTLET_LIBRARY names a library that cannot be loaded: {error}", name="rootlet") from None
    tried = []
    for name in (os.path.join(os.path.dirname(os.path.abspath(__file__)), SONAME), SONAME):
        if os.path.isabs(name) and not os.path.exists(name):
            tried.append(f"{name}: no such file")
            continue
        try:
            return ctypes.CDLL(name)
        except OSError as error:
            tried.append(str(error))
    raise ImportError(
        f"there is no {SONAME} ({'; '.join(tried)}). Install a wheel of rootlet, which carries it (pip install ./bindings/python "
        f"in its source tree), or set ROOTLET_LIBRARY to the path of the library",
        name="rootlet",
    )


def _load() -> ctypes.CDLL:
    library = _open()
    for name, (result, arguments) in FUNCTIONS.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            what = f"{library._name} has no function {name}: it is older than this package, or another library"
            raise ImportError(what, name="rootlet") from None
        function.restype = result
        function.argtypes = arguments
    return library


lib = _load()


class Handle(c_void_p):
    """Owns a handle. The library's object is freed when the last thread that works with this one has let go of it."""

    free: ClassVar[Any]

    def __del__(self) -> None:
        if self.value:
            self.free(self)


class RootHandle(Handle):
    free = lib.rootlet_root_free


class ClosureHandle(Handle):
    free = lib.rootlet_closure_free


class AuditHandle(Handle):
    free = lib.rootlet_audit_free


class PlanHandle(Handle):
    free = lib.rootlet_plan_free


class Owner:
    """What holds a handle and can be closed early."""

    _kept: Optional[Handle] = None

    @property
    def _handle(self) -> Handle:
        kept = self._kept
        if kept is None:
            raise ValueError(f"the {type(self).__name__.lower()} is closed")
        return kept

    def close(self) -> None:
        """Gives the memory back now; further use is a ValueError."""
        self._kept = None


# What lives only for a call is freed by hand: an exception that a signal's handler raises in a __del__ would be lost.


def to_error(error: c_void_p) -> Error:
    """The exception for an error, which is freed."""
    try:
        code = lib.rootlet_error_code(error)
        return error_class(code)(code, text_of(lib.rootlet_error_message(error)), os.fsdecode(lib.rootlet_error_path(error)))
    finally:
        lib.rootlet_error_free(error)


def call(function: Any, *arguments: Any) -> None:
    """Calls what has the error as its last argument, and raises the error."""
    error = c_void_p()
    if function(*arguments, ctypes.byref(error)) != 0:
        raise to_error(error)


def text(function: Any, *arguments: Any) -> str:
    """Calls what gives a text."""
    made = c_void_p()
    call(function, *arguments, ctypes.byref(made))
    return take_text(made)


def take_text(made: c_void_p) -> str:
    """What a text says; it is freed."""
    try:
        return text_of(ctypes.string_at(lib.rootlet_text_data(made), lib.rootlet_text_size(made)))
    finally:
        lib.rootlet_text_free(made)


def text_of(data: bytes) -> str:
    """Texts are UTF-8, but hold paths as they are."""
    return data.decode("utf-8", "surrogateescape")


def optional_text(data: Optional[bytes]) -> Optional[str]:
    return None if data is None else text_of(data)


def c_string(value: PathLike) -> bytes:
    """The bytes of a path or word. C would take what stands before a NUL for the whole of it."""
    data = os.fsencode(value)
    if b"\0" in data:
        raise ValueError(f"{value!r} has a NUL in it")
    return data
