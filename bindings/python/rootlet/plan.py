"""Exactly what will be written, and the writing of it."""

from __future__ import annotations

import builtins
import ctypes
import io
import json
import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Iterator, List, Literal, Mapping, Optional, Sequence, Tuple, Union, overload

from . import options as _options
from ._library import Owner, PathLike, PlanHandle, c_string, lib, take_text, text_of
from .options import ProgressCallback
from .types import BinaryWriter, CompressionOptions, Entry, FileType, Finding, Image, ImageOptions, Layer

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .closure import Closure


class Plan(Owner, Sequence[Entry]):
    """The entries of a layer, sorted by path, each directory before what is in it. :meth:`Closure.plan` makes it.

    >>> import rootlet
    >>> plan = rootlet.resolve("/usr/bin/xz").plan()
    >>> plan.bytes == sum(entry.size for entry in plan if entry.type == rootlet.FileType.FILE)
    True
    >>> import io
    >>> tar = io.BytesIO()
    >>> plan.write_tar(tar)
    >>> tar.tell() > plan.bytes
    True
    """

    closure: Closure  #: what the plan was made of

    def __init__(self, closure: Closure, handle: PlanHandle, options: Mapping[str, Any]) -> None:
        self.closure = closure
        self._kept = handle
        self._options = options

    @classmethod
    def _make(cls, closure: Closure, options: Mapping[str, Any]) -> Plan:
        handle = PlanHandle()
        _options.call(lib.rootlet_plan_make, (closure._handle,), options, (ctypes.byref(handle),))
        return cls(closure, handle, options)

    @property
    def bytes(self) -> int:
        """The content of all files."""
        return int(lib.rootlet_plan_bytes(self._handle))

    @property
    def findings(self) -> Tuple[Finding, ...]:
        """What the plan changed and should be known."""
        handle = self._handle
        return tuple(
            Finding(
                text_of(lib.rootlet_plan_finding_kind(handle, i)),
                os.fsdecode(lib.rootlet_plan_finding_by(handle, i)),
                text_of(lib.rootlet_plan_finding_detail(handle, i)),
            )
            for i in range(lib.rootlet_plan_finding_count(handle))
        )

    def __len__(self) -> int:
        return int(lib.rootlet_plan_count(self._handle))

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> List[Entry]: ...
    def __getitem__(self, index: Union[int, slice]) -> Union[Entry, List[Entry]]:
        where = range(len(self))[index]
        return _entry(self._handle, where) if isinstance(where, int) else [_entry(self._handle, i) for i in where]

    def __iter__(self) -> Iterator[Entry]:
        for index in range(len(self)):
            yield _entry(self._handle, index)

    def write_dir(self, directory: Union[PathLike, int], progress: Optional[ProgressCallback] = None) -> None:
        """Writes a directory: a new or empty one of this name, or the empty one that a descriptor stands for.

        It is complete, or as it was before.
        """
        self._write(b"dir", directory, progress, {})

    def write_tar(self, file: Union[PathLike, int, BinaryWriter], progress: Optional[ProgressCallback] = None,
                  **options: Unpack[CompressionOptions]) -> None:
        """Writes a tar (POSIX pax, uncompressed unless `compression` says so): a file of this name, which is complete, or as it was
        before; to an open descriptor; or to anything with a write() for bytes.

        What is no plain file but merely has such a write(), as a gzip.GzipFile or io.BytesIO, gets the tar through an unnamed
        temporary file, once it is complete.
        """
        if hasattr(file, "write"):
            self._write_tar_through(file, progress, options)
        else:
            self._write(b"tar", file, progress, options)

    def write_oci(self, directory: PathLike, progress: Optional[ProgressCallback] = None, **options: Unpack[ImageOptions]) -> Image:
        """Writes an OCI image layout: a new or empty directory, or one that exists and gains an image.

        The options that the closure and the plan were made with count here too, unless they are given anew.

        >>> import rootlet, tempfile
        >>> with tempfile.TemporaryDirectory() as place:
        ...     plan = rootlet.resolve("/usr/bin/xz", user="nonroot").plan()
        ...     image = plan.write_oci(place + "/image", tag="xz", label=["maintainer=me"])
        >>> image.digest[:7], len(image.layers)
        ('sha256:', 1)
        """
        return self._write_image(b"oci", directory, progress, options)

    def write_oci_archive(self, file: Union[PathLike, int], progress: Optional[ProgressCallback] = None,
                          **options: Unpack[ImageOptions]) -> Image:
        """Writes an OCI image layout as one tar, to a file of this name or to an open descriptor."""
        return self._write_image(b"oci-archive", file, progress, options)

    def write_docker_archive(self, file: Union[PathLike, int], progress: Optional[ProgressCallback] = None,
                             **options: Unpack[ImageOptions]) -> Image:
        """Writes what ``docker load`` takes, to a file of this name or to an open descriptor."""
        return self._write_image(b"docker-archive", file, progress, options)

    def manifest(self, progress: Optional[ProgressCallback] = None) -> str:
        """The manifest of the layer: the JSON of the closure, with the SHA-256 of every file, and packages. It reads every file once.

        :func:`rootlet.verify` and :func:`rootlet.diff` take it.
        """
        text = ctypes.c_void_p()
        _options.call(lib.rootlet_plan_manifest, (self._handle,), {}, (ctypes.byref(text),), progress)
        return take_text(text)

    def sbom(self, format: Literal["spdx", "cyclonedx"] = "spdx", progress: Optional[ProgressCallback] = None) -> str:
        """A bill of materials as JSON: SPDX 2.3 or CycloneDX 1.6. Its time is the plan's epoch.

        >>> import json, rootlet
        >>> bill = json.loads(rootlet.resolve("/usr/bin/xz").plan().sbom("cyclonedx"))
        >>> bill["metadata"]["component"]["name"], bill["specVersion"]
        ('xz', '1.6')
        """
        text = ctypes.c_void_p()
        _options.call(lib.rootlet_plan_sbom, (self._handle,), self._options, (format.encode(), ctypes.byref(text)), progress)
        return take_text(text)

    def _write_image(self, format: builtins.bytes, place: Any, progress: Optional[ProgressCallback], options: Mapping[str, Any]) -> Image:
        about = ctypes.c_void_p()
        path, descriptor = (None, place) if isinstance(place, int) else (c_string(place), -1)
        _options.call(lib.rootlet_plan_write_image, (self._handle,), {**self._options, **options}, (format, path, descriptor, ctypes.byref(about)), progress)
        said = json.loads(take_text(about))
        return Image(said.get("digest"), said["config"], tuple(Layer(**layer) for layer in said["layers"]))

    def _write_tar_through(self, file: Any, progress: Optional[ProgressCallback], options: Mapping[str, Any]) -> None:
        if isinstance(file, io.TextIOBase):
            raise TypeError("the file is open for text; open it for bytes, as with mode 'wb'")
        descriptor = _descriptor(file)
        if descriptor is not None:
            self._write(b"tar", descriptor, progress, options)
            return
        import shutil
        import tempfile

        with tempfile.TemporaryFile() as temporary:
            self._write(b"tar", temporary.fileno(), progress, options)
            temporary.seek(0)
            shutil.copyfileobj(temporary, file, 1 << 20)

    def _write(self, format: builtins.bytes, place: Any, progress: Optional[ProgressCallback], options: Mapping[str, Any]) -> None:
        options = {**self._options, **options}
        if isinstance(place, int):
            _options.call(lib.rootlet_plan_write_to, (self._handle,), options, (format, place), progress)
        else:
            _options.call(lib.rootlet_plan_write, (self._handle,), options, (format, c_string(place)), progress)

    def __enter__(self) -> Plan:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<rootlet.Plan of {len(self)} entries, {self.bytes} bytes>" if self._kept else "<closed rootlet.Plan>"


def _descriptor(file: Any) -> Optional[int]:
    """Of a plain file, buffered or not. Others have a fileno() too, which leads around what they do (gzip.GzipFile)."""
    if isinstance(file, (io.BufferedWriter, io.BufferedRandom)) and isinstance(file.raw, io.FileIO):
        file.flush()
        return file.fileno()
    return file.fileno() if type(file) is io.FileIO else None


def _entry(handle: Any, index: int) -> Entry:
    target = lib.rootlet_plan_target(handle, index)
    return Entry(
        PurePosixPath(os.fsdecode(lib.rootlet_plan_path(handle, index))),
        FileType(lib.rootlet_plan_type(handle, index)),
        lib.rootlet_plan_mode(handle, index),
        lib.rootlet_plan_uid(handle, index),
        lib.rootlet_plan_gid(handle, index),
        lib.rootlet_plan_modified(handle, index),
        lib.rootlet_plan_size(handle, index),
        None if target is None else os.fsdecode(target),
    )
