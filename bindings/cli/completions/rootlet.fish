# fish completion for rootlet. Commands and options come from the command's own help.

function __rootlet_commands
    rootlet --help 2>/dev/null | sed -nE '/^Subcommands:/,/^$/s/^  ([a-z]+) +(.*)/\1\t\2/p'
end

function __rootlet_options
    set -l words (commandline -opc)
    rootlet $words[2] --help 2>/dev/null | sed -nE 's/^ +(-[a-z],)?(--[a-z-]+)[^ ]*( [^ ]+)?( +(.*))?$/\2\t\5/p'
end

function __rootlet_root
    set -l words (commandline -opc)
    if set -l at (contains -i -- --root $words)
        string trim -r -c / -- $words[(math $at + 1)]
    else
        echo
    end
end

# Paths inside the root.
function __rootlet_entries
    set -l root (__rootlet_root)
    set -l word (commandline -ct)
    test -n "$word"; or set word /
    for path in $root$word*
        set -l shown (string replace -- "$root" "" $path)
        test -d $path; and set shown $shown/
        echo $shown
    end
end

function __rootlet_after
    contains -- (commandline -opc)[-1] $argv
end

function __rootlet_in_command
    test (count (commandline -opc)) -ge 2
end

function __rootlet_looks_at_layers
    contains -- (commandline -opc)[2] verify diff
end

function __rootlet_value
    __rootlet_after --root --dir --tar --rules --depfile --compare -o --output --data --times --color --cpu --format --timezone --locale \
        --charset --library-path --preload --path --exclude --limit --depfile-target --oci --oci-archive --docker-archive --digest-file \
        --layers --compression --user --sbom --manifest --sbom-file --baseline --write-baseline --kernel --platform --tag --entrypoint --cmd --env --workdir --label --annotation --expose --stop-signal --base --level --threads
end

complete -c rootlet -f
complete -c rootlet -n 'not __rootlet_in_command' -a '(__rootlet_commands)'
complete -c rootlet -n '__rootlet_in_command; and not __rootlet_value; and string match -q -- "-*" (commandline -ct)' -a '(__rootlet_options)'
complete -c rootlet -n '__rootlet_in_command; and not __rootlet_value; and not __rootlet_looks_at_layers; and not string match -q -- "-*" (commandline -ct)' -a '(__rootlet_entries)'
complete -c rootlet -n '__rootlet_looks_at_layers; and not __rootlet_value; and not string match -q -- "-*" (commandline -ct)' -F
complete -c rootlet -n '__rootlet_after --dir --oci' -a '(__fish_complete_directories (commandline -ct))'
complete -c rootlet -n '__rootlet_after --root --tar --oci-archive --docker-archive --digest-file --rules --depfile --compare --manifest --sbom-file --baseline --write-baseline -o --output' -F
complete -c rootlet -n '__rootlet_after --data' -a 'none auto package'
complete -c rootlet -n '__rootlet_after --times' -a 'package epoch root'
complete -c rootlet -n '__rootlet_after --sbom' -a 'none spdx cyclonedx'
complete -c rootlet -n '__rootlet_after --layers' -a 'one split'
complete -c rootlet -n '__rootlet_after --compression' -a 'auto none gzip zstd'
complete -c rootlet -n '__rootlet_after --user' -a nonroot
complete -c rootlet -n '__rootlet_after --color' -a 'auto always never'
complete -c rootlet -n '__rootlet_after --cpu' -a 'all base x86-64-v2 x86-64-v3 x86-64-v4'
complete -c rootlet -n '__rootlet_after --format; and string match -qr -- "^(why|verify|diff)\$" (commandline -opc)' -a 'text json'
complete -c rootlet -n '__rootlet_after --format; and string match -qr -- "^audit\$" (commandline -opc)' -a 'text json sarif junit'
complete -c rootlet -n '__rootlet_after --format; and not string match -qr -- "^(why|verify|diff|audit)\$" (commandline -opc)' -a 'tree paths json dot'
complete -c rootlet -n '__rootlet_after --timezone' -a 'all none UTC (find (__rootlet_root)/usr/share/zoneinfo -type f -path "*/zoneinfo/[A-Z]*" -printf "%P\\n" 2>/dev/null)'
complete -c rootlet -n '__rootlet_after --locale' -a 'all none (ls (__rootlet_root)/usr/share/i18n/locales 2>/dev/null | sed -n "s/^[a-z]*_[A-Z]*\$/&.UTF-8/p")'
