#!/bin/sh
# Lists the files that hold sentences to translate; with --check, says whether po/POTFILES is that list.
set -eu
cd "$(dirname "$0")/.."
list() {
    {
        grep -rlE '\b(_|N_|NC_|ngettext)\(' src --include='*.[ch]' --include='*.blp' --exclude='i18n.h'
        ls data/*.desktop.in data/*.metainfo.xml.in
    } | LC_ALL=C sort
}
if [ "${1:-}" = --check ]; then
    list | diff -u po/POTFILES - && exit 0
    echo "po/POTFILES is out of date: run po/potfiles.sh > po/POTFILES" >&2
    exit 1
fi
list
