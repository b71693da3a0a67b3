/* What the files of packing share: pack.c (what goes in), pack-archive.c (how an archive is
 * written), pack-count.c (how much it will be). */
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include "parcel/pack.h"

enum { PACK_READ = 256 * 1024 };

struct pack {
    const struct pack_settings *settings;
    struct parcel_trouble *trouble; /* what ends the packing */
    struct parcel_writer writer;
    struct pack_result result;
    struct buffer name; /* in the parcel, of what is at hand */
    const char *top;    /* the path that was named and that it is, or lies below */
    struct buffer path; /* of pack_path() */
    struct archive *archive;
    struct archive_entry *entry;
    struct archive_entry_linkresolver *links;
    uint8_t *bytes; /* PACK_READ of them */
};

/* One name at the top of a parcel. */
struct pack_top {
    const char *path; /* to open */
    char *name;       /* in the parcel */
};

/* pack-count.c: adds what `path` holds, looked at as pack_run() would, for two seconds at most;
 * false if that was not enough. */
bool pack_count(const char *path, uint64_t deadline_ms, struct parcel_head *head);

/* pack-archive.c; each returns 0, or 1 with the trouble set. */
int pack_archive_begin(struct pack *pack);
/* What pack->name is: a folder, or a link to `to`. */
int pack_put_folder(struct pack *pack, const struct stat *info);
int pack_put_symlink(struct pack *pack, const struct stat *info, const char *to);
/* A file, from `fd`. */
int pack_put_file(struct pack *pack, const struct stat *info, int fd);
int pack_archive_end(struct pack *pack);

/* pack.c: what is at hand, as whoever named it knows it. NULL without memory. */
const char *pack_path(struct pack *pack);
/* Something is left out. Returns 0. */
int pack_leave_out(struct pack *pack, enum parcel_trouble_code code, int error);
