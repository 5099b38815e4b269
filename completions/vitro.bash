# Completion of vitro for bash: commands, options and their values, scenes of the lab; behind
# `vitro run`'s options that of the program that is run. Needs nothing but bash; where the package
# bash-completion is loaded, it completes the program's own arguments.

_vitro_run_options="--print --output -o --quiet -q --verbose -v --write -w --json --publish -p
    --host-loopback --mtu --device --ipv4 -4 --lang --help -h"
_vitro_lab_options="--delay --jitter --rate --queue --mtu --loss --duplicate --reorder --corrupt
    --fault --cc --no-sack --no-ts --wscale --syn-retries --syn-wait --mss --rcvbuf --ipv6 -6 --at
    --no-notes --states --write -w --size --file --seed --list --lang --help -h"
_vitro_doctor_options="--offline --lang --help -h"

# Puts words together again that bash has cut at `=` and `:`; `at` is where each begins.
_vitro_join_words() {
    local i joint=
    words=() at=() cword=0
    for ((i = 0; i <= COMP_CWORD; i++)); do
        if [[ ${#words[@]} -gt 1 && (-n $joint || ${COMP_WORDS[i]} =~ ^[:=]+$) ]]; then
            words[cword]+=${COMP_WORDS[i]}
            joint=
            [[ ${COMP_WORDS[i]} =~ ^[:=]+$ ]] && joint=yes
        else
            words+=("${COMP_WORDS[i]}")
            at+=("$i")
            cword=$((${#words[@]} - 1))
        fi
    done
}

# Whether an option wants a value: of `run`, or of the others.
_vitro_wants_value() {
    case $1 in
        --print | --output | --write | --json | --publish | --mtu | --device | --lang) ;;
        --delay | --jitter | --rate | --queue | --loss | --duplicate | --reorder | --corrupt) ;;
        --fault | --cc | --wscale | --syn-retries | --syn-wait | --mss | --rcvbuf | --at) ;;
        --size | --file | --seed) ;;
        -[!-]*) [[ $1 =~ ^-[qv46h]*[owp]$ ]] ;;
        *) false ;;
    esac
}

# The place in `words` of the first operand; past the end if there is none so far.
_vitro_find_operand() {
    for ((operand = 2; operand < cword; operand++)); do
        case ${words[operand]} in
            --) operand=$((operand + 1)) && return ;;
            -?*) _vitro_wants_value "${words[operand]}" && operand=$((operand + 1)) ;;
            *) return ;;
        esac
    done
    [[ $operand -eq $cword && ${words[cword]} == -* ]] && operand=$((cword + 1))
}

_vitro_reply() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }

_vitro_reply_files() {
    compopt -o filenames 2>/dev/null
    local IFS=$'\n'
    COMPREPLY=($(compgen -f -- "$cur"))
}

# The values of an option.
_vitro_value() {
    case $1 in
        --print) _vitro_reply "notable all none" ;;
        --device) _vitro_reply "auto tap packet" ;;
        --lang) _vitro_reply "en zh" ;;
        --cc) _vitro_reply "cubic reno" ;;
        --at) _vitro_reply "client server both" ;;
        --mtu) _vitro_reply "1280 1500 9000 65520" ;;
        --output | --write | --json | --file | -*[ow]) _vitro_reply_files ;;
    esac
}

# The program behind `vitro run`, and its arguments.
_vitro_program() {
    local start=${at[operand]}
    if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$start"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$start"
    elif ((operand == cword)); then
        compopt -o filenames 2>/dev/null
        local IFS=$'\n'
        COMPREPLY=($(compgen -c -- "$cur" | sort -u))
    else
        _vitro_reply_files
    fi
}

_vitro_scenes() { "${words[0]}" lab --list 2>/dev/null | sed 's/ .*//'; }

_vitro() {
    local words at cword operand cur
    _vitro_join_words
    cur=${words[cword]}
    COMPREPLY=()
    if ((cword == 1)); then
        _vitro_reply "run lab doctor --help -h --version"
        return
    fi
    local command=${words[1]} previous=${words[cword - 1]}
    [[ $command == run || $command == lab || $command == doctor ]] || return
    _vitro_find_operand
    if [[ $command == run ]] && ((operand <= cword)); then
        _vitro_program
    elif [[ $cur == --*=* ]]; then
        previous=${cur%%=*}
        cur=${cur#*=}
        _vitro_value "$previous"
    elif _vitro_wants_value "$previous"; then
        _vitro_value "$previous"
    elif [[ $cur == -* ]]; then
        local options=_vitro_${command}_options
        _vitro_reply "${!options}"
    elif [[ $command == lab ]] && ((operand == cword)); then
        _vitro_reply "$(_vitro_scenes)"
    fi
}

complete -F _vitro vitro
