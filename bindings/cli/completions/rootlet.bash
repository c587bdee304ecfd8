# bash completion for rootlet. Commands and options come from the command's own help.

_rootlet_names() {  # the words that stand first in the help's lines: options, or commands
  "$1" ${2:+"$2"} --help 2>/dev/null | sed -nE "$3"
}

_rootlet() {
  local program=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command=${COMP_WORDS[1]} root= i
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "$(_rootlet_names "$program" "" '/^Subcommands:/,/^$/s/^  ([a-z]+) .*/\1/p') --help --version" -- "$word"))
    return
  fi
  for ((i = 2; i < COMP_CWORD; ++i)); do
    [[ ${COMP_WORDS[i]} == --root ]] && root=${COMP_WORDS[i + 1]%/}
  done
  case $previous in
    --dir | --oci) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
    --root | --tar | --oci-archive | --docker-archive | --digest-file | --rules | --depfile | --compare | --manifest | --sbom-file | --baseline | --write-baseline | -o | --output) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
    --data) COMPREPLY=($(compgen -W "none auto package" -- "$word")); return ;;
    --times) COMPREPLY=($(compgen -W "package epoch root" -- "$word")); return ;;
    --sbom) COMPREPLY=($(compgen -W "none spdx cyclonedx" -- "$word")); return ;;
    --layers) COMPREPLY=($(compgen -W "one split" -- "$word")); return ;;
    --compression) COMPREPLY=($(compgen -W "auto none gzip zstd" -- "$word")); return ;;
    --user) COMPREPLY=($(compgen -W "nonroot" -- "$word")); return ;;
    --color) COMPREPLY=($(compgen -W "auto always never" -- "$word")); return ;;
    --cpu) COMPREPLY=($(compgen -W "all base x86-64-v2 x86-64-v3 x86-64-v4" -- "$word")); return ;;
    --format)
      if [[ $command == audit ]]; then COMPREPLY=($(compgen -W "text json sarif junit" -- "$word"))
      elif [[ $command == @(why|verify|diff) ]]; then COMPREPLY=($(compgen -W "text json" -- "$word"))
      else COMPREPLY=($(compgen -W "tree paths json dot" -- "$word")); fi
      return ;;
    --timezone)
      COMPREPLY=($(compgen -W "all none UTC $(find "$root/usr/share/zoneinfo" -type f -path "*/zoneinfo/[A-Z]*" -printf "%P\n" 2>/dev/null)" -- "$word")); return ;;
    --locale)
      COMPREPLY=($(compgen -W "all none $(ls "$root/usr/share/i18n/locales" 2>/dev/null | sed -n 's/^[a-z]*_[A-Z]*$/&.UTF-8/p')" -- "$word")); return ;;
    --charset | --library-path | --preload | --kernel | --path | --exclude | --limit | --depfile-target | --platform | --tag | --entrypoint | --cmd | --env | --workdir | --label | --annotation | --expose | --stop-signal | --base | --level | --threads) return ;;
  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$(_rootlet_names "$program" "$command" 's/^ +(-[a-z],)?(--[a-z-]+).*/\2/p')" -- "$word"))
    return
  fi
  if [[ $command == @(verify|diff) ]]; then
    compopt -o filenames
    COMPREPLY=($(compgen -f -- "$word"))
    return
  fi
  # Paths inside the root.
  compopt -o filenames
  local path
  while IFS= read -r path; do
    [[ -d $path ]] && path+=/
    COMPREPLY+=("${path#"$root"}")
  done < <(compgen -f -- "$root${word:-/}")
  [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace
}
complete -F _rootlet rootlet
