#!/bin/sh
# Brings POTFILES and the catalogues up to date with the sources: what is new stands there untranslated,
# what is gone is left out. With --check, changes nothing and fails if a catalogue lacks a sentence, has
# one whose translation is not sure, or one that does not fit (formats, plurals).
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The files for windows (.blp) are read as C, which is close enough; xgettext mentions it.
po/potfiles.sh >"$work/POTFILES"
xgettext --files-from="$work/POTFILES" --output="$work/hune.pot" --from-code=UTF-8 --add-comments \
    --add-location=file --keyword=_ --keyword=N_ --keyword=NC_:1c,2 --keyword=ngettext:1,2 2>"$work/said" ||
    { cat "$work/said" >&2; exit 1; }

bad=0
for language in $(sed 's/#.*//' po/LINGUAS); do
    new=$work/$language.po
    msgmerge --quiet --no-fuzzy-matching --add-location=file --output-file="$new" "po/$language.po" "$work/hune.pot"
    msgattrib --no-obsolete "$new" | sed '/^"POT-Creation-Date:/d' >"$new.clean" # would change each time
    mv "$new.clean" "$new"
    if [ "${1:-}" != --check ]; then
        cp "$work/POTFILES" po/POTFILES
        cp "$new" "po/$language.po"
        echo "$language: $(msgfmt --statistics --output-file=/dev/null "$new" 2>&1)"
        continue
    fi
    msgfmt --check --output-file=/dev/null "$new" || bad=1
    for kind in untranslated only-fuzzy; do
        msgattrib --no-obsolete "--$kind" "$new" | sed '1,/^$/d' # without the head
    done >"$work/left"
    if [ -s "$work/left" ]; then
        echo "po/$language.po lacks these; run po/update.sh and translate them:" >&2
        cat "$work/left" >&2
        bad=1
    fi
done
exit $bad
