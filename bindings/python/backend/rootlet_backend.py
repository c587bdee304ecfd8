"""Builds the wheel and the source distribution (PEP 517, PEP 660), with nothing but the standard library.

A wheel carries librootlet.so.0, and librootlet-lief.so beside it, by which an audit asks LIEF: those that the environment variable
ROOTLET_LIBRARY leads to, or those that CMake makes of the C++ source that the package stands in. Same files, same SOURCE_DATE_EPOCH, same bytes.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import os
import re
import shutil
import subprocess
import sysconfig
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Dict, List, Optional, Tuple

HERE = Path(__file__).resolve().parent.parent
SOURCE = HERE.parent.parent
SONAME = "librootlet.so.0"
MODULE = "librootlet-lief.so"

Settings = Optional[Dict[str, object]]
Content = Tuple[str, bytes, int]  # name, bytes, mode


def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: Optional[str] = None) -> str:
    libraries = [("rootlet/" + name, data, 0o755) for name, data in _libraries().items()]
    return _write_wheel(wheel_directory, [*_package(), *libraries])


def build_editable(wheel_directory: str, config_settings: Settings = None, metadata_directory: Optional[str] = None) -> str:
    """The package stays where it is, and gets the libraries there."""
    for name, data in _libraries().items():
        fresh = HERE / "rootlet" / f".{name}.new"
        fresh.write_bytes(data)
        fresh.chmod(0o755)
        fresh.replace(HERE / "rootlet" / name)  # a process may have the old one mapped
    return _write_wheel(wheel_directory, [("rootlet.pth", f"{HERE}\n".encode(), 0o644)])


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    stem = f"{_project('name')}-{_project('version')}"
    files = [*_package(), ("PKG-INFO", _metadata(), 0o644), *_licence("LICENSE")]
    files += [(name, (HERE / name).read_bytes(), 0o644) for name in ("README.md", "pyproject.toml", "backend/rootlet_backend.py")]
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data, mode in sorted(files):
            member = tarfile.TarInfo(f"{stem}/{name}")
            member.size, member.mode, member.mtime = len(data), mode, _epoch()
            tar.addfile(member, io.BytesIO(data))
    packed = gzip.compress(archive.getvalue(), mtime=_epoch())
    (Path(sdist_directory) / f"{stem}.tar.gz").write_bytes(packed)
    return f"{stem}.tar.gz"


def _project(key: str) -> str:
    # Python 3.9 has no reader of TOML; the values asked for are plain texts.
    text = (HERE / "pyproject.toml").read_text(encoding="utf-8").split("[project]", 1)[1]
    found = re.search(rf'^{key} = "(.*)"$', text, re.MULTILINE)
    if found is None:
        raise SystemExit(f"pyproject.toml does not say {key}")
    return found[1]


def _epoch() -> int:
    return max(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), 315532800)  # a zip knows nothing before 1980


def _package() -> List[Content]:
    package = HERE / "rootlet"
    return [(f"rootlet/{file.name}", file.read_bytes(), 0o644) for file in [*package.glob("*.py"), package / "py.typed"]]


def _licence(name: str) -> List[Content]:
    for directory in (HERE, SOURCE):  # of an unpacked source distribution, of the source tree
        if (directory / "LICENSE").is_file():
            return [(name, (directory / "LICENSE").read_bytes(), 0o644)]
    return []


def _metadata() -> bytes:
    fields = {
        "Metadata-Version": "2.1",
        "Name": _project("name"),
        "Version": _project("version"),
        "Summary": _project("description"),
        "License": "Apache-2.0",
        "Requires-Python": _project("requires-python"),
        "Description-Content-Type": "text/markdown",
    }
    head = "".join(f"{key}: {value}\n" for key, value in fields.items())
    return f"{head}\n{(HERE / 'README.md').read_text(encoding='utf-8')}".encode()


def _write_wheel(directory: str, files: List[Content]) -> str:
    stem = f"{_project('name')}-{_project('version')}"
    tag = "py3-none-" + re.sub(r"[-.]", "_", sysconfig.get_platform())
    info = f"{stem}.dist-info"
    about = f"Wheel-Version: 1.0\nGenerator: rootlet_backend\nRoot-Is-Purelib: false\nTag: {tag}\n"
    files = sorted([*files, (f"{info}/METADATA", _metadata(), 0o644), (f"{info}/WHEEL", about.encode(), 0o644),
                    *_licence(f"{info}/licenses/LICENSE")])
    record = "".join(f"{name},sha256={_digest(data)},{len(data)}\n" for name, data, _ in files) + f"{info}/RECORD,,\n"
    files.append((f"{info}/RECORD", record.encode(), 0o644))
    name = f"{stem}-{tag}.whl"
    with zipfile.ZipFile(Path(directory) / name, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, data, mode in files:
            member = zipfile.ZipInfo(path, time.gmtime(_epoch())[:6])
            member.create_system = 3  # Unix: the mode counts
            member.external_attr = (0o100000 | mode) << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(member, data)
    return name


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _libraries() -> Dict[str, bytes]:
    """By name. The module may be missing beside a given library: an audit says so."""
    given = os.environ.get("ROOTLET_LIBRARY")
    if given:
        try:
            libraries = {SONAME: Path(given).read_bytes()}
            for directory in (Path(given).parent / "rootlet", Path(given).parent):  # where it is installed, where it is built
                if MODULE not in libraries and (directory / MODULE).is_file():
                    libraries[MODULE] = (directory / MODULE).read_bytes()
            return libraries
        except OSError as error:
            raise SystemExit(f"ROOTLET_LIBRARY names a library that cannot be read: {error}") from None
    if not (SOURCE / "bindings" / "c" / "rootlet.map").is_file():
        raise SystemExit(
            f"there is no {SONAME} to put into the wheel: {HERE} does not stand in rootlet's source tree, as bindings/python, "
            f"and ROOTLET_LIBRARY is not set. Set it to the path of a built {SONAME}, or install from the source tree"
        )
    if shutil.which("cmake") is None:
        raise SystemExit("there is no cmake, which builds the library; install what .ci/setup lists, or set ROOTLET_LIBRARY")
    with tempfile.TemporaryDirectory(prefix="rootlet-build-") as build:
        generator = ["-G", "Ninja"] if shutil.which("ninja") else []
        _run("cmake", "-S", str(SOURCE), "-B", build, *generator, "-DCMAKE_BUILD_TYPE=Release")
        _run("cmake", "--build", build, "--target", "rootlet_c", "rootlet_lief", "--parallel", str(len(os.sched_getaffinity(0))))
        libraries = {}
        for name in (SONAME, MODULE):
            library = (Path(build) / name).resolve()
            if shutil.which("strip"):
                _run("strip", "--strip-unneeded", str(library))
            libraries[name] = library.read_bytes()
        return libraries


def _run(*command: str) -> None:
    if subprocess.run(command).returncode != 0:
        raise SystemExit(f"this failed: {' '.join(command)}")
