# What may come next on a hune command line, for bash with bash-completion.

_hune()
{
    local cur words cword
    _get_comp_words_by_ref -n ':@=,' cur words cword
    mapfile -t COMPREPLY < <(hune complete -- "${words[@]:1:cword}" 2>/dev/null)
    # Readline replaces what stands behind the last of its word breaks.
    local kept=${cur%"${cur##*[:=]}"}
    COMPREPLY=("${COMPREPLY[@]#"$kept"}")
    # A path follows at once.
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *: ]]; then
        compopt -o nospace
    fi
} &&
    complete -o default -F _hune hune
