"""rootlet.h and what the package knows of it are the same."""

from __future__ import annotations

import ctypes
import re
import unittest

from rootlet import Code, FileType, _library
from support import SOURCE

NUMBERS = {
    "int": ctypes.c_int,
    "size_t": ctypes.c_size_t,
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
    "int64_t": ctypes.c_int64,
    "rootlet_progress_function": _library.ProgressFunction,
    "rootlet_log_function": _library.LogFunction,
}


def header() -> str:
    return re.sub(r"/\*.*?\*/", " ", (SOURCE / "include" / "rootlet.h").read_text(), flags=re.DOTALL)


def declared(argument: str) -> object:
    """The ctypes type for a C declaration, with or without a name at its end."""
    words = re.findall(r"\w+|\*", argument.replace("const", " "))
    if words[-1] != "*" and len(words) > 1:
        words.pop()
    base, stars = words[0], words.count("*")
    if stars == 0:
        return None if base == "void" else NUMBERS[base]
    if base == "char":
        return {1: ctypes.c_char_p, 2: ctypes.POINTER(ctypes.c_char_p)}[stars]
    if base == "int":
        return ctypes.POINTER(ctypes.c_int)
    if base == "void" or base.startswith("rootlet_"):
        return {1: ctypes.c_void_p, 2: ctypes.POINTER(ctypes.c_void_p)}[stars]
    raise AssertionError(f"what is {argument}?")


def arguments(text: str) -> tuple[object, ...]:
    return () if text.strip() == "void" else tuple(declared(argument) for argument in text.split(","))


class Header(unittest.TestCase):
    maxDiff = None

    def test_every_function_is_declared_as_in_the_header(self) -> None:
        expected = {}
        for result, name, parameters in re.findall(r"ROOTLET_API\s+([\w\s*]+?)(rootlet_\w+)\(([^)]*)\);", header()):
            expected[name] = (declared(result.strip()), arguments(parameters))
        self.assertGreater(len(expected), 80)
        expected["rootlet_text_data"] = (ctypes.c_void_p, expected["rootlet_text_data"][1])  # may have NULs in it
        self.assertEqual(_library.FUNCTIONS, expected)
        self.assertEqual(header().count("ROOTLET_API") - 2, len(expected))  # two define it

    def test_callbacks_are_declared_as_in_the_header(self) -> None:
        found = re.findall(r"typedef\s+(\w+)\s*\(\*(\w+)\)\(([^)]*)\);", header())
        self.assertEqual({name for _, name, _ in found}, {"rootlet_progress_function", "rootlet_log_function"})
        for result, name, parameters in found:
            function = NUMBERS[name]
            self.assertEqual((function._restype_, function._argtypes_), (declared(result), arguments(parameters)), name)

    def test_enumerations_have_the_same_names_and_numbers(self) -> None:
        enums = {}
        for name, body in re.findall(r"enum (rootlet_\w+) \{(.*?)\}", header(), re.DOTALL):
            enums[name] = {key: int(value) for key, value in re.findall(r"ROOTLET_(\w+) = (-?\d+)", body)}
        self.assertEqual(enums.pop("rootlet_code"), {"OK": 0, **{code.name: code.value for code in Code}})
        self.assertEqual(enums.pop("rootlet_type"), {kind.name: kind.value for kind in FileType})
        self.assertEqual(enums.pop("rootlet_level"), {"DEBUG": 0, "NOTE": 1, "WARNING": 2})
        self.assertEqual(enums, {})

    def test_codes_have_the_names_that_the_library_gives_them(self) -> None:
        for code in Code:
            self.assertEqual(_library.lib.rootlet_code_name(code).decode(), code.name.lower())


if __name__ == "__main__":
    unittest.main()
