"""`novatui completion`: the scripts that shells load, and the words that those scripts ask for."""

from __future__ import annotations

from argparse import Namespace

from novatui.cli import exits
from novatui.cli.streams import say, say_lines

BASH = r"""# novatui completion for bash
_novatui() {
    local line="${COMP_LINE:0:COMP_POINT}" word prefix=""
    local full="${line##*[[:space:]]}"
    # bash takes a word apart at colons and equals signs, and replaces only what stands behind the last of them.
    [[ $full == *[:=]* ]] && prefix="${full%"${full##*[:=]}"}"
    COMPREPLY=()
    while IFS= read -r word; do
        [[ $word == *: ]] && compopt -o nospace
        printf -v word %q "${word#"$prefix"}"
        COMPREPLY+=("$word")
    done < <(novatui completion words "$line" 2>/dev/null)
}
complete -o default -F _novatui novatui
"""

ZSH = r"""#compdef novatui
_novatui() {
    local word
    local -a open closed
    while IFS= read -r word; do
        if [[ $word == *: ]]; then open+=("$word"); else closed+=("$word"); fi
    done < <(novatui completion words "${(j: :)words[1,CURRENT]}" 2>/dev/null)
    (( $#open )) && compadd -S '' -- "${open[@]}"
    (( $#closed )) && compadd -- "${closed[@]}"
    (( $#open + $#closed )) || _files
}
if [ "$funcstack[1]" = "_novatui" ]; then _novatui "$@"; else compdef _novatui novatui; fi
"""

FISH = r"""# novatui completion for fish
function __novatui_words
    novatui completion words (commandline -cp) 2>/dev/null
end
complete -c novatui -f -a '(__novatui_words)'
complete -c novatui -l config -l bench -l bundle -r -F
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
"""By shell."""


def completion(options: Namespace) -> int:
    """Print the script of a shell, or the words that fit at the end of a line."""
    if options.shell != "words":
        say_lines(SCRIPTS[options.shell])
        return exits.DONE
    from novatui.cli.completing import candidates

    for word in candidates(options.line):
        say(word)
    return exits.DONE
