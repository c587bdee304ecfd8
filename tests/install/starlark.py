"""Prints the command line that the rule of defs.bzl registers, one word a line. Starlark is, as far as it is used there, Python."""

import sys
from types import SimpleNamespace as Object


class Args(list):
    add = list.append
    add_all = list.extend


def run(executable, arguments, inputs, tools, outputs, env, execution_requirements, mnemonic):
    words = [str(executable), *map(str, arguments[0])]
    declared = {str(file) for file in [executable, *inputs, *tools, *outputs]}
    assert not any(word.startswith("/") for word in declared), declared
    print("\n".join(words))


names = {
    "attr": Object(label=dict, string_list=dict),
    "rule": lambda implementation, attrs: implementation,
    "depset": list,
    "DefaultInfo": Object,
}
with open(sys.argv[1], encoding="utf-8") as file:
    exec(compile(file.read(), sys.argv[1], "exec"), names)
names["rootlet_layer"](Object(
    label=Object(name="layer"),
    actions=Object(declare_file=lambda name: "out/" + name, args=Args, run=run),
    executable=Object(rootlet="tools/rootlet", _action="tools/layer.sh"),
    file=Object(tree="in/tree.tar"),
    attr=Object(options=["--data=none"], entries=["/usr/bin/env"]),
))
