/* The archive in a parcel: pax, as every tar of today reads it, written by libarchive. Names are
 * the bytes that they are, whatever the locale. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "parcel/pack-private.h"

static la_ssize_t on_write(struct archive *archive, void *user, const void *bytes, size_t size)
{
    struct pack *pack = user;
    int r = -EPIPE;

    /* With trouble, libarchive still closes what it has begun: that is in vain. */
    if (pack->trouble->code == PARCEL_TROUBLE_NONE)
        r = parcel_write(&pack->writer, bytes, size);
    if (!r)
        return (la_ssize_t)size;
    parcel_trouble_system(pack->trouble, NULL, r);
    archive_set_error(archive, -r, "%s", "the sink failed");
    return -1;
}

static int archive_trouble(struct pack *pack)
{
    int error = archive_errno(pack->archive);

    return parcel_trouble_system(pack->trouble, pack_path(pack), error ? error : EIO);
}

int pack_archive_begin(struct pack *pack)
{
    pack->archive = archive_write_new();
    pack->entry = archive_entry_new();
    pack->links = archive_entry_linkresolver_new();
    if (!pack->archive || !pack->entry || !pack->links)
        return parcel_trouble_system(pack->trouble, NULL, ENOMEM);
    if (archive_write_set_format_pax(pack->archive) != ARCHIVE_OK ||
        archive_write_set_options(pack->archive, "hdrcharset=BINARY") != ARCHIVE_OK ||
        archive_write_set_bytes_per_block(pack->archive, 0) != ARCHIVE_OK ||
        archive_write_open(pack->archive, pack, NULL, on_write, NULL) != ARCHIVE_OK)
        return archive_trouble(pack);
    archive_entry_linkresolver_set_strategy(pack->links, archive_format(pack->archive));
    return 0;
}

int pack_archive_end(struct pack *pack)
{
    return archive_write_close(pack->archive) == ARCHIVE_OK ? 0 : archive_trouble(pack);
}

/* ---- entries ---- */

static void describe(struct pack *pack, const struct stat *info, mode_t type)
{
    archive_entry_clear(pack->entry);
    archive_entry_set_pathname(pack->entry, buffer_text(&pack->name));
    archive_entry_set_filetype(pack->entry, type);
    archive_entry_set_perm(pack->entry, info->st_mode & 01777);
    archive_entry_set_mtime(pack->entry, info->st_mtim.tv_sec, info->st_mtim.tv_nsec);
    archive_entry_set_size(pack->entry, 0);
}

static int put_header(struct pack *pack)
{
    /* What libarchive warns of (a name that it had to write in two ways) is no harm. */
    if (archive_write_header(pack->archive, pack->entry) < ARCHIVE_WARN)
        return archive_trouble(pack);
    pack->result.entries++;
    return 0;
}

int pack_put_folder(struct pack *pack, const struct stat *info)
{
    describe(pack, info, AE_IFDIR);
    return put_header(pack);
}

int pack_put_symlink(struct pack *pack, const struct stat *info, const char *to)
{
    describe(pack, info, AE_IFLNK);
    archive_entry_set_symlink(pack->entry, to);
    return put_header(pack);
}

static int put_data(struct pack *pack, const void *bytes, size_t size)
{
    la_ssize_t taken = archive_write_data(pack->archive, bytes, size);

    if (taken < 0 || (size_t)taken != size)
        return archive_trouble(pack);
    pack->result.bytes += size;
    if (pack->settings->on_progress)
        pack->settings->on_progress(pack->settings->user, pack->result.bytes, pack->result.entries);
    return 0;
}

/* The first bytes; enough of them to know a small file whole. Returns how many, or -errno. */
static ssize_t read_most(int fd, uint8_t *bytes, size_t size)
{
    size_t have = 0;

    while (have < size) {
        ssize_t got = read(fd, bytes + have, size - have);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        have += (size_t)got;
    }
    return (ssize_t)have;
}

/* Second and further names of a file that is in the parcel already. */
static int put_link(struct pack *pack, const struct stat *info, bool *is_link_out)
{
    struct archive_entry *entry = pack->entry;
    struct archive_entry *spare = NULL;

    *is_link_out = false;
    archive_entry_set_dev(entry, info->st_dev);
    archive_entry_set_ino64(entry, (int64_t)info->st_ino);
    archive_entry_set_nlink(entry, (unsigned)info->st_nlink);
    archive_entry_linkify(pack->links, &entry, &spare);
    if (!archive_entry_hardlink(pack->entry))
        return 0;
    *is_link_out = true;
    return put_header(pack);
}

/* A file that fits into memory is as long as it is when it is read, whatever it was or says: one
 * that grows or shrinks, or one in /proc, is no trouble. */
static int put_small(struct pack *pack, int fd, size_t size)
{
    ssize_t got = read_most(fd, pack->bytes, size ? size : PACK_READ);

    if (got < 0)
        return pack_leave_out(pack, PARCEL_TROUBLE_SYSTEM, (int)got);
    if (size == 0 && got == PACK_READ)
        return pack_leave_out(pack, PARCEL_TROUBLE_NO_SIZE, 0);
    archive_entry_set_size(pack->entry, got);
    if (put_header(pack))
        return 1;
    return got > 0 ? put_data(pack, pack->bytes, (size_t)got) : 0;
}

/* Where the next bytes are read to. In place, they are read straight to where they lie in the
 * parcel, as libarchive hands on what it is given; but before the first bytes of a file with holes
 * it writes where the holes are. */
static int room_for(struct pack *pack, bool in_place, uint8_t **room_out, size_t *size_out)
{
    int r = 0;

    *room_out = pack->bytes;
    *size_out = PACK_READ;
    if (in_place)
        r = parcel_room(&pack->writer, room_out, size_out);
    return r ? parcel_trouble_system(pack->trouble, NULL, r) : 0;
}

static int put_bytes(struct pack *pack, int fd, uint64_t left, bool in_place)
{
    while (left > 0) {
        uint8_t *room;
        size_t step;
        ssize_t got;

        if (room_for(pack, in_place, &room, &step))
            return 1;
        got = read(fd, room, left < step ? (size_t)left : step);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return parcel_trouble_system(pack->trouble, pack_path(pack), errno);
        /* Its size went out already. Zeros in place of what is gone would be a file that nobody
         * ever had. */
        if (got == 0)
            return parcel_trouble_set(pack->trouble, PARCEL_TROUBLE_SHORTER, pack_path(pack), 0);
        if (put_data(pack, room, (size_t)got))
            return 1;
        left -= (uint64_t)got;
    }
    return 0;
}

/* Where a file has bytes; false if it has no holes or its file system does not tell. */
static bool describe_holes(struct pack *pack, int fd, int64_t size)
{
    int64_t at = 0;

    while (at < size) {
        int64_t data = lseek(fd, at, SEEK_DATA);
        int64_t hole;

        if (data < 0 && errno == ENXIO)
            break;
        hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
        if (hole < 0 || hole <= data) {
            archive_entry_sparse_clear(pack->entry);
            return false;
        }
        if (data == 0 && hole >= size)
            return false;
        archive_entry_sparse_add_entry(pack->entry, data, (hole < size ? hole : size) - data);
        at = hole;
    }
    if (archive_entry_sparse_count(pack->entry) == 0)
        archive_entry_sparse_add_entry(pack->entry, 0, 0); /* nothing but a hole */
    return true;
}

/* libarchive counts through a hole and does not look at its bytes; there need not be any. */
static int put_hole(struct pack *pack, int64_t size)
{
    while (size > 0) {
        size_t step = size < PACK_READ ? (size_t)size : PACK_READ;

        if (put_data(pack, pack->bytes, step))
            return 1;
        size -= (int64_t)step;
    }
    return 0;
}

static int put_sparse(struct pack *pack, int fd, int64_t size)
{
    int64_t at = 0;
    int64_t offset, length;

    archive_entry_sparse_reset(pack->entry);
    while (archive_entry_sparse_next(pack->entry, &offset, &length) == ARCHIVE_OK) {
        if (put_hole(pack, offset - at))
            return 1;
        if (lseek(fd, offset, SEEK_SET) < 0)
            return parcel_trouble_system(pack->trouble, pack_path(pack), errno);
        if (put_bytes(pack, fd, (uint64_t)length, false))
            return 1;
        at = offset + length;
    }
    return put_hole(pack, size - at);
}

int pack_put_file(struct pack *pack, const struct stat *info, int fd)
{
    bool is_link = false;
    bool is_sparse;

    describe(pack, info, AE_IFREG);
    archive_entry_set_size(pack->entry, info->st_size);
    if (info->st_nlink > 1 && (put_link(pack, info, &is_link) || is_link))
        return pack->trouble->code != PARCEL_TROUBLE_NONE;
    if (info->st_size < PACK_READ)
        return put_small(pack, fd, (size_t)info->st_size);
    is_sparse = info->st_blocks < info->st_size / 512 && describe_holes(pack, fd, info->st_size);
    if (!is_sparse && lseek(fd, 0, SEEK_SET) < 0)
        return pack_leave_out(pack, PARCEL_TROUBLE_SYSTEM, errno);
    if (put_header(pack))
        return 1;
    return is_sparse ? put_sparse(pack, fd, info->st_size)
                     : put_bytes(pack, fd, (uint64_t)info->st_size, true);
}
