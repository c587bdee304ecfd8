"""Layers that are there, compared with their manifests or with each other."""

from __future__ import annotations

import ctypes
import json
from pathlib import PurePosixPath
from typing import Any, Mapping, Optional, Union

from . import options as _options
from ._library import PathLike, c_string, lib, take_text
from .closure import Root, _name
from .options import ProgressCallback
from .types import Diff, FileChange, PackageChange, Reason


def verify(layer: Union[PathLike, Root], manifest: Union[str, bytes], progress: Optional[ProgressCallback] = None) -> Diff:
    """What was added to a layer, removed from it or changed since its manifest was written (:meth:`Plan.manifest`).

    The layer is a directory, an archive or an image, as :class:`Root` takes one. Files are compared, not their times.

    >>> import rootlet, tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     plan = rootlet.build("/usr/bin/xz", dir=place + "/layer")
    ...     rootlet.verify(place + "/layer", plan.manifest()).same
    True
    """
    root = layer if isinstance(layer, Root) else Root(layer)
    data = manifest if isinstance(manifest, bytes) else manifest.encode("utf-8", "surrogateescape")
    text = ctypes.c_void_p()
    _options.call(lib.rootlet_verify, (root._handle,), {}, (data, len(data), b"json", None, ctypes.byref(text)), progress)
    return _diff(json.loads(take_text(text)))


def diff(before: PathLike, after: PathLike, progress: Optional[ProgressCallback] = None, platform: str = "") -> Diff:
    """What differs between two layers, each of them a directory, an archive, an image, or the file of a manifest.

    `platform` says which image is meant where there are several, as in :class:`Root`.
    """
    text = ctypes.c_void_p()
    _options.call(lib.rootlet_diff, (c_string(before), c_string(after)), {"platform": platform}, (b"json", None, ctypes.byref(text)), progress)
    return _diff(json.loads(take_text(text)))


def _diff(said: Mapping[str, Any]) -> Diff:
    return Diff(tuple(map(_file, said["files"])), tuple(map(_package, said["packages"])))


def _file(item: Mapping[str, Any]) -> FileChange:
    before, after = item.get("before", {}), item.get("after", {})
    reasons = tuple(Reason(reason["kind"], _name(reason, "by"), _name(reason, "detail"), reason.get("how")) for reason in item["reasons"])
    package = after.get("package", before.get("package"))
    path = PurePosixPath(_name(item, "path"))
    return FileChange(path, item["change"], tuple(item["what"]), before.get("size"), after.get("size"), package, reasons)


def _package(item: Mapping[str, Any]) -> PackageChange:
    before, after = item.get("before", {}), item.get("after", {})
    return PackageChange(
        item["name"], item.get("architecture", ""), item["change"],
        before.get("version"), after.get("version"), before.get("size"), after.get("size"),
    )  # fmt: skip
