"""rootlet_layer: what programs of a tree need, as a tar and as JSON. All inputs are declared, and nothing of the machine is read.

    load(":defs.bzl", "rootlet_layer")

    rootlet_layer(
        name = "server_layer",
        tree = ":rootfs.tar",          # a system's files, the program among them
        entries = ["/usr/bin/server"],
        options = ["--timezone=Europe/Berlin"],
    )

The same with Buck2, whose genrule has one output:

    genrule(
        name = "server_layer",
        out = "server_layer.tar",
        srcs = [":rootfs.tar"],
        cmd = "$(exe :layer.sh) $(exe :rootlet) $(location :rootfs.tar) $OUT $TMP/closure.json --timezone=Europe/Berlin /usr/bin/server",
    )
"""

def _rootlet_layer_impl(ctx):
    layer = ctx.actions.declare_file(ctx.label.name + ".tar")
    closure = ctx.actions.declare_file(ctx.label.name + ".json")
    arguments = ctx.actions.args()
    arguments.add(ctx.executable.rootlet)
    arguments.add(ctx.file.tree)
    arguments.add(layer)
    arguments.add(closure)
    arguments.add_all(ctx.attr.options)
    arguments.add_all(ctx.attr.entries)
    ctx.actions.run(
        executable = ctx.executable._action,
        arguments = [arguments],
        inputs = [ctx.file.tree],
        tools = [ctx.executable.rootlet],
        outputs = [layer, closure],
        env = {"PATH": "/usr/bin:/bin"},
        execution_requirements = {"block-network": "1"},
        mnemonic = "RootletLayer",
    )
    return [DefaultInfo(files = depset([layer, closure]))]

rootlet_layer = rule(
    implementation = _rootlet_layer_impl,
    attrs = {
        "tree": attr.label(allow_single_file = [".tar", ".tar.gz", ".tar.xz", ".tar.zst"], mandatory = True),
        "entries": attr.string_list(mandatory = True, allow_empty = False),
        "options": attr.string_list(),
        "rootlet": attr.label(default = ":rootlet", executable = True, allow_single_file = True, cfg = "exec"),
        "_action": attr.label(default = ":layer.sh", executable = True, allow_single_file = True, cfg = "exec"),
    },
)
