# What may come next on a hune command line, for fish.

function __hune_complete
    set -l words (commandline --tokenize --current-process --cut-at-cursor)
    hune complete --describe -- $words[2..] (commandline --current-token --cut-at-cursor) 2>/dev/null
end

complete --command hune --no-files --condition '__hune_complete | string length --quiet' --arguments '(__hune_complete)'
