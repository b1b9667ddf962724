# Completion of pond for fish. `pond __complete` gets the words up to the cursor and prints candidates.
function __pond_complete
    set -l words (commandline -opc)
    $words[1] __complete $words[2..-1] (commandline -ct | string unescape) 2>/dev/null
end
complete -c pond -f -a '(__pond_complete)'
