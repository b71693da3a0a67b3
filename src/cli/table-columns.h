/* Which columns of the table fit into a width, and how one line of it is drawn. */
#pragma once

#include "cli/table.h"

/* X(NAME, key it sorts by, figure's width, drawing's least and best width, heading).
 * The figure and its drawing are one column: bar or sparkline, then the number. */
#define HUNE_TABLE_COLUMNS(X)                          \
    X(STATE, TABLE_STATE, 1, 0, 0, "")                 \
    X(NAME, TABLE_NAME, 8, 0, 0, N_("MACHINE"))        \
    X(CPU, TABLE_CPU, 4, 8, 24, N_("CPU"))             \
    X(MEM, TABLE_MEM, 4, 6, 12, N_("MEM"))             \
    X(LOAD, TABLE_LOAD, 5, 0, 0, N_("LOAD"))           \
    X(DISK, TABLE_DISK, 4, 6, 12, N_("DISK"))          \
    X(IO, TABLE_KEY_COUNT, 4, 8, 16, N_("I/O"))        \
    X(RX, TABLE_NET, 5, 0, 0, N_("NET↓"))              \
    X(TX, TABLE_NET, 5, 8, 24, N_("NET↑"))             \
    X(SWAP, TABLE_KEY_COUNT, 4, 0, 0, N_("SWAP"))      \
    X(TEMP, TABLE_KEY_COUNT, 4, 0, 0, N_("TEMP"))      \
    X(PROCESSES, TABLE_KEY_COUNT, 5, 0, 0, N_("PROC")) \
    X(UPTIME, TABLE_UPTIME, 5, 0, 0, N_("UP"))

enum table_column {
#define X(name, key, figure, least, best, heading) COLUMN_##name,
    HUNE_TABLE_COLUMNS(X)
#undef X
        COLUMN_COUNT, /* how many there are */
};

struct table_layout {
    int at[COLUMN_COUNT];      /* where it begins; -1: there is no room for it */
    int figure[COLUMN_COUNT];  /* columns of the number or the text */
    int drawing[COLUMN_COUNT]; /* columns of the bar or sparkline before it; 0: none */
};

/* `name_width`: of the longest name. */
void table_layout(int columns, int name_width, struct table_layout *layout_out);
/* The column at a place of the screen; COLUMN_COUNT between them. */
enum table_column table_layout_find(const struct table_layout *layout, int place);
enum table_key table_column_key(enum table_column column);
void table_draw_heading(const struct table *table, const struct table_layout *layout,
                        struct canvas *canvas, int row);
void table_draw_line(struct table *table, const struct table_layout *layout, struct canvas *canvas,
                     int row, const struct table_row *line);
