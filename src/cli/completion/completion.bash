# Completion of pond for bash. `pond __complete` gets the words up to the cursor and prints candidates.
_pond_complete() {
    local words=() word='' at=0 part line i candidate quoted
    # Bash splits words at ':' and '=', too, which are parts of URLs and options: parts without a blank between them are
    # one word.
    line=${COMP_LINE:0:COMP_POINT}
    for ((i = 0; i <= COMP_CWORD; i++)); do
        part=${COMP_WORDS[i]}
        if [[ ${line:at:1} == [[:space:]] ]]; then
            words+=("$word") word=''
            while [[ ${line:at:1} == [[:space:]] ]]; do at=$((at + 1)); done
        fi
        ((i == COMP_CWORD)) && part=${line:at}
        word+=$part at=$((at + ${#part}))
    done
    words+=("$word")
    # Without quotes and backslashes, as the command would get them.
    local quote='' plain last=$((${#words[@]} - 1))
    [[ ${words[last]} == [\'\"]* && ${words[last]} != ?*"${words[last]:0:1}" ]] && quote=${words[last]:0:1}
    for i in "${!words[@]}"; do
        plain=${words[i]}
        case $plain in
        \'*) plain=${plain#\'} plain=${plain%\'} ;;
        \"*) plain=${plain#\"} plain=${plain%\"} ;;
        *) plain=${plain//\\/} ;;
        esac
        words[i]=$plain
    done
    # What bash takes for earlier words is not a part of what it replaces.
    local skip=0
    if [[ -z $quote ]]; then
        [[ $COMP_WORDBREAKS == *:* && ${words[last]} == *:* ]] && plain=${words[last]%"${words[last]##*:}"} skip=${#plain}
        if [[ $COMP_WORDBREAKS == *=* && ${words[last]} == *=* ]]; then
            plain=${words[last]%"${words[last]##*=}"}
            ((${#plain} > skip)) && skip=${#plain}
        fi
    fi
    COMPREPLY=()
    while IFS=$'\t' read -r candidate _; do
        candidate=${candidate:skip}
        quoted=$candidate
        [[ -z $quote ]] && printf -v quoted %q "$candidate" && [[ $candidate == \~/* ]] && quoted=\~/${quoted#\\~/}
        COMPREPLY+=("$quoted")
    done < <("${words[0]:-pond}" __complete "${words[@]:1}" 2>/dev/null)
    # A directory, or an option that takes a value, goes on.
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[/=:?] ]] || return 0
    compopt -o nospace 2>/dev/null || :
}
complete -F _pond_complete pond
