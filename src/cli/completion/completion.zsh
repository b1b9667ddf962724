#compdef pond
# Completion of pond for zsh. `pond __complete` gets the words up to the cursor and prints candidates.
_pond() {
    local line word help
    local -a typed goes_on goes_on_help ends ends_help
    typed=("${(Q)words[@]:1:$((CURRENT - 2))}" "${(Q)PREFIX}")
    for line in "${(@f)$(${(Q)words[1]} __complete "${typed[@]}" 2>/dev/null)}"; do
        word=${line%%$'\t'*} help=$line
        [[ -n $word ]] || continue
        [[ $line == *$'\t'* ]] && help="$word  ${line#*$'\t'}"
        if [[ $word == *[/=:?] ]]; then
            goes_on+=("$word") goes_on_help+=("$help")
        else
            ends+=("$word") ends_help+=("$help")
        fi
    done
    ((${#goes_on})) && compadd -l -d goes_on_help -S '' -- "${goes_on[@]}"
    ((${#ends})) && compadd -l -d ends_help -- "${ends[@]}"
}
if [[ ${funcstack[1]-} == _pond ]]; then
    _pond "$@"
else
    compdef _pond pond
fi
