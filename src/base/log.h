/* The one log sink: stderr, one line per event. Under systemd the line carries the journal's
 * priority prefix (sd-daemon(3)); at a terminal or in a file it carries the time instead.
 *
 * A file that logs defines LOG_TAG before including this header; the tag is the module's name, and
 * for a stop on an order's way it is the stop's name.
 */
#pragma once

#include <stdint.h>

enum log_level {
    LOG_LEVEL_ERROR = 3, /* syslog(3) severities */
    LOG_LEVEL_WARNING = 4,
    LOG_LEVEL_NOTICE = 5,
    LOG_LEVEL_INFO = 6,
    LOG_LEVEL_DEBUG = 7,
};

/* `program` is borrowed for the life of the process. Lines above `most_verbose` are dropped. */
void log_open(const char *program, enum log_level most_verbose);
enum log_level log_verbosity(void);

/* Control characters in the finished line are replaced, so no peer can forge a second line. */
void log_write(enum log_level level, const char *tag, const uint8_t *order_id, const char *format,
               ...) __attribute__((format(printf, 4, 5)));

#ifndef LOG_TAG
#    define LOG_TAG NULL
#endif

#define log_error(...)   log_write(LOG_LEVEL_ERROR, LOG_TAG, NULL, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, LOG_TAG, NULL, __VA_ARGS__)
#define log_notice(...)  log_write(LOG_LEVEL_NOTICE, LOG_TAG, NULL, __VA_ARGS__)
#define log_info(...)    log_write(LOG_LEVEL_INFO, LOG_TAG, NULL, __VA_ARGS__)
#define log_debug(...)   log_write(LOG_LEVEL_DEBUG, LOG_TAG, NULL, __VA_ARGS__)
/* For the stops on an order's way: the line carries the order's 16-byte id. */
#define log_order(level, id, ...) log_write(level, LOG_TAG, id, __VA_ARGS__)
