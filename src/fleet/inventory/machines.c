/* See machines.h: the list in memory, and everything that changes it. */
#include "fleet/inventory/machines-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "fleet/home/i18n.h"

/* ---- making and freeing ---- */

struct fleet *fleet_new(void)
{
    struct fleet *fleet = calloc(1, sizeof(*fleet));

    if (fleet) {
        fleet->header_row = FLEET_NONE;
        fleet->separator = ',';
    }
    return fleet;
}

struct fleet *fleet_free(struct fleet *fleet)
{
    if (!fleet)
        return NULL;
    free(fleet->by_host.heads);
    free(fleet->by_name.heads);
    free(fleet->rows);
    free(fleet->columns);
    free(fleet->bad);
    free(fleet->machines);
    arena_free(fleet->arena);
    buffer_deinit(&fleet->source);
    free(fleet->path);
    free(fleet);
    return NULL;
}

void fleet_cleanup(struct fleet **fleet)
{
    *fleet = fleet_free(*fleet);
}

/* Makes room for one more element of `size` bytes. */
static int grow(void **array, uint32_t count, uint32_t *room, size_t size)
{
    uint32_t more = *room ? *room * 2 : 64;
    void *grown;

    if (count < *room)
        return 0;
    if (more < *room || more >= FLEET_NONE / 2)
        return -ENOMEM;
    grown = reallocarray(*array, more, size);
    if (!grown)
        return -ENOMEM;
    *array = grown;
    *room = more;
    return 0;
}

int fleet_append_row(struct fleet *fleet, struct fleet_row row)
{
    int r = grow((void **)&fleet->rows, fleet->row_count, &fleet->row_room, sizeof(row));

    if (!r)
        fleet->rows[fleet->row_count++] = row;
    return r;
}

int fleet_append_machine(struct fleet *fleet, const struct machine *machine)
{
    uint32_t room = fleet->machine_room;
    int r = grow((void **)&fleet->machines, fleet->count, &fleet->machine_room, sizeof(*machine));

    if (!r && (room != fleet->machine_room || !fleet->by_host.heads))
        r = fleet_reindex(fleet);
    if (r)
        return r;
    fleet->machines[fleet->count] = *machine;
    fleet_index_insert(fleet, fleet->count++);
    return 0;
}

int fleet_append_bad(struct fleet *fleet, struct fleet_bad bad)
{
    int r = grow((void **)&fleet->bad, fleet->bad_count, &fleet->bad_room, sizeof(bad));

    if (!r)
        fleet->bad[fleet->bad_count++] = bad;
    return r;
}

/* ---- columns ---- */

const char *column_title(enum column column)
{
    static const char *const titles[] = {
#define X(name, title) title,
        FLEET_COLUMNS(X)
#undef X
    };

    return titles[column];
}

enum column column_find(const char *title)
{
    enum column column = 0;

    while (column < COLUMN_COUNT && strcasecmp(column_title(column), title) != 0)
        column++;
    return column;
}

uint32_t fleet_column_of(const struct fleet *fleet, enum column column)
{
    for (uint32_t i = 0; i < fleet->column_count; i++)
        if (fleet->columns[i].known == column)
            return i;
    return FLEET_NONE;
}

int fleet_append_column(struct fleet *fleet, const char *title, enum column known)
{
    struct fleet_column *columns = reallocarray(fleet->columns, fleet->column_count + 1,
                                                sizeof(*columns));
    char *copy = arena_text(&fleet->arena, title, strlen(title));

    if (columns)
        fleet->columns = columns;
    if (!columns || !copy)
        return -ENOMEM;
    columns[fleet->column_count++] = (struct fleet_column){.title = copy, .known = known};
    return 0;
}

/* A file that had no such column gets one; an empty file gets all of them. */
static int need_column(struct fleet *fleet, enum column column)
{
    int r = 0;

    if (fleet_column_of(fleet, column) != FLEET_NONE)
        return 0;
    fleet->header_changed = true;
    if (fleet->column_count > 0)
        return fleet_append_column(fleet, column_title(column), column);
    for (enum column i = 0; !r && i < COLUMN_COUNT; i++)
        r = fleet_append_column(fleet, column_title(i), i);
    return r;
}

const char *fleet_column_title(const struct fleet *fleet, uint32_t column)
{
    return column < fleet->column_count ? fleet->columns[column].title : NULL;
}

/* ---- changes ---- */

static const char *spec_text(const struct machine_spec *spec, enum column column)
{
    const char *text = column == COLUMN_NAME   ? spec->name
                       : column == COLUMN_TAGS ? spec->tags
                       : column == COLUMN_USER ? spec->user
                                               : spec->host;

    return text ? text : "";
}

/* Which columns a new machine needs; the others stay away from a file that does without them. */
static int need_columns(struct fleet *fleet, const struct machine *machine)
{
    bool fresh = fleet->column_count == 0;
    int r = need_column(fleet, COLUMN_HOST);

    if (!r && !fresh && strcmp(machine->name, machine->host) != 0)
        r = need_column(fleet, COLUMN_NAME);
    if (!r && machine->tags[0])
        r = need_column(fleet, COLUMN_TAGS);
    if (!r && machine->user[0])
        r = need_column(fleet, COLUMN_USER);
    if (!r && machine->has_id)
        r = need_column(fleet, COLUMN_ID);
    return r;
}

int fleet_add(struct fleet *fleet, const struct machine_spec *spec, uint32_t *index_out,
              struct fault *fault)
{
    struct fleet_row row = {.kind = ROW_NEW, .machine = fleet->count};
    struct machine machine;
    enum column column;
    int r = fleet_judge(fleet, spec, &machine, &column);

    if (r > 0) {
        const char *text = column == COLUMN_NAME && machine.name ? machine.name
                                                                 : spec_text(spec, column);

        if (r == BAD_ROW_NAME_TWICE)
            fault_set(fault, _("Give it another name (--name), or remove the other one first."),
                      _("A machine named \"%s\" is in the fleet list already."), text);
        else
            bad_row_fault((enum bad_row)r, text, fault);
        return r;
    }
    if (!r)
        r = need_columns(fleet, &machine);
    if (!r && spec->line) {
        row.line = arena_text(&fleet->arena, spec->line, strlen(spec->line));
        r = row.line ? 0 : -ENOMEM;
    }
    if (!r)
        r = fleet_append_row(fleet, row);
    if (r)
        return r;
    machine.row = fleet->row_count - 1;
    r = fleet_append_machine(fleet, &machine);
    if (r)
        fleet->row_count--;
    else if (index_out)
        *index_out = fleet->count - 1;
    return r;
}

int fleet_remove(struct fleet *fleet, const uint32_t *indices, uint32_t count)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < count; i++) {
        struct fleet_row *row = &fleet->rows[fleet->machines[indices[i]].row];

        row->kind = ROW_DROPPED;
    }
    for (uint32_t i = 0; i < fleet->count; i++) {
        struct fleet_row *row = &fleet->rows[fleet->machines[i].row];

        if (row->kind == ROW_DROPPED) {
            row->machine = FLEET_NONE;
            continue;
        }
        row->machine = kept;
        fleet->machines[kept++] = fleet->machines[i];
    }
    fleet->count = kept;
    return fleet_reindex(fleet);
}

static int mark_changed(struct fleet *fleet, uint32_t index, enum column column)
{
    int r = need_column(fleet, column);

    if (!r)
        fleet->machines[index].changed |= 1u << column;
    return r;
}

/* Takes the machine out of the indexes while its name or host changes. */
static void replace_texts(struct fleet *fleet, uint32_t index, const struct machine *with)
{
    struct machine *machine = &fleet->machines[index];

    fleet_index_remove(fleet, index);
    machine->name = with->name;
    machine->host = with->host;
    machine->port = with->port;
    fleet_index_insert(fleet, index);
}

int fleet_rename(struct fleet *fleet, uint32_t index, const char *name, struct fault *fault)
{
    struct machine changed = fleet->machines[index];
    int r;

    if (text_equal(name, changed.name))
        return 0;
    r = *name ? fleet_judge_name(fleet, name, &changed) : BAD_ROW_NAME;
    if (r > 0)
        bad_row_fault((enum bad_row)r, name, fault);
    if (!r)
        r = mark_changed(fleet, index, COLUMN_NAME);
    if (!r)
        replace_texts(fleet, index, &changed);
    return r;
}

int fleet_set_address(struct fleet *fleet, uint32_t index, const char *host, uint16_t port,
                      struct fault *fault)
{
    struct machine changed = fleet->machines[index];
    int r = fleet_judge_address(fleet, host, port, &changed);

    if (r > 0)
        bad_row_fault((enum bad_row)r, host, fault);
    /* A name that was only the host must not move with it. */
    if (!r && strcmp(changed.name, fleet->machines[index].host) == 0)
        r = mark_changed(fleet, index, COLUMN_NAME);
    if (!r)
        r = mark_changed(fleet, index, COLUMN_HOST);
    if (!r && fleet_column_of(fleet, COLUMN_PORT) != FLEET_NONE)
        r = mark_changed(fleet, index, COLUMN_PORT);
    if (!r)
        replace_texts(fleet, index, &changed);
    return r;
}

int fleet_set_user(struct fleet *fleet, uint32_t index, const char *user, struct fault *fault)
{
    struct machine changed = fleet->machines[index];
    int r = fleet_judge_user(fleet, user, &changed);

    if (r > 0)
        bad_row_fault((enum bad_row)r, user, fault);
    if (!r)
        r = mark_changed(fleet, index, COLUMN_USER);
    if (!r)
        fleet->machines[index].user = changed.user;
    return r;
}

int fleet_set_id(struct fleet *fleet, uint32_t index, const uint8_t *id)
{
    struct machine *machine = &fleet->machines[index];
    int r;

    if (!id && !machine->has_id)
        return 0;
    if (id && machine->has_id && memcmp(id, machine->id, MACHINE_ID_SIZE) == 0)
        return 0;
    r = mark_changed(fleet, index, COLUMN_ID);
    if (r)
        return r;
    machine->has_id = id != NULL;
    if (id)
        memcpy(machine->id, id, MACHINE_ID_SIZE);
    return 0;
}

/* The tags without `without`, and with `with`; either may be NULL. */
static int set_tags(struct fleet *fleet, uint32_t index, const char *without, const char *with)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    const char *tags;
    int r = 0;

    for (const char *at = fleet->machines[index].tags; !r && *at; at += at[0] == ',') {
        size_t size = strcspn(at, ",");

        if (!without || size != strlen(without) || memcmp(at, without, size) != 0)
            r = buffer_printf(&text, "%s%.*s", buffer_length(&text) ? "," : "", (int)size, at);
        at += size;
    }
    if (!r && with)
        r = buffer_printf(&text, "%s%s", buffer_length(&text) ? "," : "", with);
    tags = r ? NULL : arena_text(&fleet->arena, buffer_bytes(&text), buffer_length(&text));
    if (!tags)
        return -ENOMEM;
    r = mark_changed(fleet, index, COLUMN_TAGS);
    if (!r)
        fleet->machines[index].tags = tags;
    return r;
}

int fleet_tag(struct fleet *fleet, uint32_t index, const char *tag, struct fault *fault)
{
    if (!machine_tag_valid(tag, strlen(tag))) {
        bad_row_fault(BAD_ROW_TAG, tag, fault);
        return BAD_ROW_TAG;
    }
    if (machine_has_tag(&fleet->machines[index], tag, strlen(tag)))
        return 0;
    return set_tags(fleet, index, NULL, tag);
}

int fleet_untag(struct fleet *fleet, uint32_t index, const char *tag)
{
    if (!machine_has_tag(&fleet->machines[index], tag, strlen(tag)))
        return 0;
    return set_tags(fleet, index, tag, NULL);
}
